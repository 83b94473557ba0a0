"""The ``ndxp`` command against the exchange of the test session."""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from ndxp.cli.__main__ import main
from ndxp.testing import RunningExchange
from tests.e2e.conftest import caught_up
from tests.ndxp.cli.command import Ran, environment
from tests.support.fakes import until_now

Ndxp = Callable[..., Ran]
READ_THE_LEDGER = ("log", "explain", "stats")
"""Commands that say what was called before; a recorder on a busy machine may need a moment to know."""


@pytest.fixture
def ndxp_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Ndxp]:
    """Runs a command in this process, through the same ``main`` that the ``ndxp`` script calls."""
    at_termination, masked = signal.getsignal(signal.SIGTERM), os.umask(0o022)

    def run(*words: object, given: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["ndxp", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code, captured.out, captured.err)

    yield run
    signal.signal(signal.SIGTERM, at_termination)
    os.umask(masked)


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
