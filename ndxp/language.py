"""The languages in which commands and explanations speak; texts in English, and Vietnamese from ``ndxp/texts``."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

Language = Literal["en", "vi"]

VARIABLE = "NDXP_LANG"
"""The environment's variable that names the language; without it the locale does."""

DOMAIN = "ndxp"
FOLDER = Path(__file__).with_name("texts")
"""``vi.po`` is written by people; ``vi/LC_MESSAGES/ndxp.mo`` is made of it for gettext."""

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The variables that name the locale of messages, the strongest first (POSIX)."""


class LanguageUnknown(ValueError):
    """``NDXP_LANG`` names a language that is not there; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Gives texts in one language: called with a text in English, and with what the text has in braces."""

    language: Language
    translate: Callable[[str], str]

    def __call__(self, text: str, /, **values: object) -> str:
        """A text, with values in place of their names in braces. A text without values may have any braces."""
        translated = self.translate(text) if text else ""  # to gettext the empty text is the file's head
        return translated.format(**values) if values else translated


ENGLISH = Speaker("en", str)


class _OfProcess:
    """The speaker of this process."""

    speaker = ENGLISH


_asked: ContextVar[Speaker | None] = ContextVar("speaker", default=None)
"""The speaker for whoever is served now, in this thread or task; without one it is that of the process."""


def wanted(environment: Mapping[str, str]) -> Language:
    """The language that a user's environment asks for. Raises LanguageUnknown."""
    named = environment.get(VARIABLE, "")
    if named:
        for language in get_args(Language):
            if named == language:
                return named  # type: ignore[return-value]
        raise LanguageUnknown(f"{VARIABLE} is {named[:20]!r}; it may be {' or '.join(get_args(Language))}")
    locale = next((environment[name] for name in _LOCALE if environment.get(name)), "")
    return "vi" if locale.partition(".")[0].partition("_")[0] == "vi" else "en"


def accepted(header: str) -> Language | None:
    """The first language that is there of those that an ``Accept-Language`` header names; None without one."""
    for named in header.lower().split(","):
        for language in get_args(Language):
            if named.strip().startswith(language):
                return language  # type: ignore[no-any-return]
    return None


@cache
def speaker(language: Language) -> Speaker:
    """The speaker of a language, for a server that is asked in several languages at once; nothing else changes."""
    if language == "en":
        return ENGLISH
    from gettext import translation  # whoever reads English does not wait for it

    return Speaker(language, translation(DOMAIN, FOLDER, [language]).gettext)


def use(language: Language) -> None:
    """Speaks this language from now on. Only a command does so: servers and libraries speak English."""
    _OfProcess.speaker = speaker(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speaks a language for a while, such as that of a lesson or of a request; other threads and tasks go on."""
    before = _asked.set(speaker(language))
    try:
        yield
    finally:
        _asked.reset(before)


def spoken() -> Language:
    """The language in use."""
    return (_asked.get() or _OfProcess.speaker).language


def _(text: str, /, **values: object) -> str:
    """A text in the language in use, with values in place of their names in braces.

    ``docs/texts.py`` finds the texts by the name of this function. A text without values may have any braces.
    """
    return (_asked.get() or _OfProcess.speaker)(text, **values)
