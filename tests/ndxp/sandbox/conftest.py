"""So few free ports that two of them would be the same by chance."""

import random

import pytest

from ndxp.sandbox import ports


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> range:
    """The ports from which free ones are taken; not those of the last run, which are reserved for a minute."""
    first = random.randrange(20_000, 31_900)
    monkeypatch.setattr(ports, "_BELOW_EPHEMERAL", range(first, first + 50))
    return ports._BELOW_EPHEMERAL
