"""Numbers with their noun, for sentences."""

from ndxp.language import _, spoken


def count(number: int, one: str, *, are: bool = False, grouped: bool = False) -> str:
    """``1 record``, ``2 records``; with ``are`` the verb, too: ``1 record is``; ``grouped``: ``1,000 records``."""
    words = f"{number:,}" if grouped else str(number)
    if spoken() == "vi":
        return f"{words.replace(',', '.')} {_(one)}"
    words += f" {one}" if number == 1 else f" {one}s"
    return f"{words} {'is' if number == 1 else 'are'}" if are else words
