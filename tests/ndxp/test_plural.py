"""Numbers of things in sentences."""

import pytest

from ndxp.plural import count


@pytest.mark.parametrize(
    ("number", "says", "with_verb"),
    [
        (0, "0 findings", "0 findings are"),
        (1, "1 finding", "1 finding is"),
        (2, "2 findings", "2 findings are"),
        (1000, "1000 findings", "1000 findings are"),
    ],
)
def test_one_thing_is_one_and_more_are_many(number: int, says: str, with_verb: str) -> None:
    assert (count(number, "finding"), count(number, "finding", are=True)) == (says, with_verb)


def test_thousands_are_grouped_when_asked() -> None:
    assert count(1_234_567, "call", grouped=True) == "1,234,567 calls"
