"""The catalogues of texts: both languages have every text, and every text is used."""

import ast
import string
from pathlib import Path

import pytest

from console.texts import LANGUAGES, Texts, catalogue
from ndxp.language import speaker
from ndxp.steps import CallStep, shown

SOURCES = sorted((Path(__file__).parents[2] / "console").rglob("*.py"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def constants() -> set[str]:
    """Every text in the code."""
    return {
        node.value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_both_languages_have_the_same_texts() -> None:
    vi, en = (catalogue(language) for language in ("vi", "en"))
    assert sorted(vi) == sorted(en)
    assert [key for key in vi if fields(vi[key]) != fields(en[key])] == []
    assert [key for key in vi if not vi[key].strip() or not en[key].strip()] == []


def test_every_text_is_used() -> None:
    assert set(catalogue("en")) - constants() == set()


def test_the_files_are_in_the_order_of_their_keys() -> None:
    assert [language for language in LANGUAGES if list(catalogue(language)) != sorted(catalogue(language))] == []


def test_the_steps_of_a_call_have_the_same_names_here_and_in_the_terminal() -> None:
    here, say = Texts("vi"), speaker("vi")
    assert [here(f"step.{step}").casefold() for step in CallStep] == [shown(step, say) for step in CallStep]


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        Texts("vi")("no such text")
