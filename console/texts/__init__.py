"""What the console says, in Vietnamese and in English: one file for each language, with the same keys."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import get_args

from console.sessions import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """All texts of a language by key."""
    texts: dict[str, str] = json.loads(Path(__file__).with_name(f"{language}.json").read_text(encoding="utf-8"))
    return texts


class Texts:
    """The texts of one language: called with a key, and with what the text has in braces."""

    def __init__(self, language: Language) -> None:
        self._texts = catalogue(language)

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key. Raises KeyError."""
        return self._texts[key].format(**values)
