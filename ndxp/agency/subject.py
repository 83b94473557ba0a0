"""The subjects of an answer: the citizens whom a method names while it answers."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from time import monotonic

from ndxp.subject import MOST_SUBJECTS, SubjectKeyMissing, read_subject_key, subject_hash
from ndxp.wire import metadata

_LOOK_AGAIN = 5.0
"""Seconds after which a credentials file without the key is read again."""

_log = logging.getLogger(__name__)


class SubjectKey:
    """The key in an agency's credentials file, read when the first subject is named.

    Not earlier, because an agency may start before the file exists. Without the key, answers name nobody.
    """

    def __init__(self, credentials: Path) -> None:
        self._credentials = credentials
        self._key = b""
        self._warned = False
        self._look_at = 0.0

    def read(self) -> bytes:
        """The key; empty while there is none."""
        if not self._key and monotonic() >= self._look_at:
            try:
                self._key = read_subject_key(self._credentials)
            except SubjectKeyMissing as error:
                self._look_at = monotonic() + _LOOK_AGAIN
                if not self._warned:
                    _log.warning("answers do not say whom they are about: %s", error)
                    self._warned = True
        return self._key


class Subjects:
    """The subjects of one call, as hashes: at most MOST_SUBJECTS, and whether there were more."""

    __slots__ = ("_hashes", "_key", "_more")

    def __init__(self, key: SubjectKey) -> None:
        self._key = key
        self._hashes: dict[str, None] = {}
        self._more = False

    def add(self, number: str) -> None:
        """Adds the citizen with a number."""
        if not self._more and (key := self._key.read()):
            self._add(subject_hash(key, number))

    def add_again(self, named: str) -> None:
        """Adds the subjects of another call, in the form that ``str`` gave."""
        for word in named.split():
            self._add(word)

    def __str__(self) -> str:
        """The value for the trailing metadata: hashes with spaces between, in the order of naming."""
        return " ".join([*self._hashes, *([metadata.MORE] if self._more else [])])

    def _add(self, word: str) -> None:
        if word == metadata.MORE or (word not in self._hashes and len(self._hashes) == MOST_SUBJECTS):
            self._more = True
        else:
            self._hashes[word] = None


_current: ContextVar[Subjects | None] = ContextVar("subjects", default=None)


def collect_in(subjects: Subjects) -> None:
    """Begins a call: the subjects that the method names are added to these."""
    _current.set(subjects)


def names_subject(number: str) -> None:
    """Names the citizen with this number (12 digits) as a subject of the answer under way.

    Name every citizen whose data is given, confirmed or denied; for a number that nobody has, name nobody. Outside of a
    call it does nothing.
    """
    if (subjects := _current.get()) is not None:
        subjects.add(number)


def names_existing(exists: Callable[[str], bool], *numbers: str) -> None:
    """Names as subjects those of the numbers that somebody has, as ``exists`` tells: a caller may state any number."""
    for number in numbers:
        if exists(number):
            names_subject(number)


def subjects_named() -> str:
    """The subjects that the call under way has named so far, as hashes."""
    return str(_current.get() or "")


def name_subjects_again(named: str) -> None:
    """Names the subjects of an earlier answer, because it is given again."""
    if (subjects := _current.get()) is not None:
        subjects.add_again(named)
