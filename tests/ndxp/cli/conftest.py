"""The ``ndxp`` command against the exchange of the test session."""

from collections.abc import Callable

import pytest

from ndxp.testing import RunningExchange
from tests.e2e.conftest import caught_up
from tests.ndxp.cli.command import Ran, environment, run_main
from tests.support.fakes import until_now

Ndxp = Callable[..., Ran]
READ_THE_LEDGER = ("log", "explain", "stats")
"""Commands that say what was called before; a recorder on a busy machine may need a moment to know."""


@pytest.fixture
def ndxp_alone() -> Ndxp:
    """Runs a command in this process."""
    return run_main


@pytest.fixture
def ndxp(ndxp_alone: Ndxp, exchange: RunningExchange, monkeypatch: pytest.MonkeyPatch) -> Ndxp:
    """Runs a command for the exchange of the session."""
    for name, value in environment(exchange.folder).items():
        monkeypatch.setenv(name, value)

    def run(*words: object, given: str = "") -> Ran:
        if words[0] in READ_THE_LEDGER:
            until_now(lambda: caught_up(exchange))
        return ndxp_alone(*words, given=given)

    return run
