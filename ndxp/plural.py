"""Numbers for sentences, with their noun or with the decimal sign of the language."""

from ndxp.language import _, spoken

_SIGNS = str.maketrans(",.", ".,")


def count(number: int, one: str, *, are: bool = False, grouped: bool = False) -> str:
    """``1 record``, ``2 records``; with ``are`` the verb, too: ``1 record is``; ``grouped``: ``1,000 records``."""
    words = f"{number:,}" if grouped else str(number)
    if spoken() == "vi":
        return f"{words.replace(',', '.')} {_(one)}"
    words += f" {one}" if number == 1 else f" {one}s"
    return f"{words} {'is' if number == 1 else 'are'}" if are else words


def decimal(number: float, form: str = ".1f") -> str:
    """A number as a format says, with the signs of the language: ``1,234.5``, in Vietnamese ``1.234,5``."""
    words = f"{number:{form}}"
    return words.translate(_SIGNS) if spoken() == "vi" else words
