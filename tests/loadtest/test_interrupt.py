"""Ctrl-C while a run is under way."""

import os
import signal

import pytest

from loadtest.interrupt import Interrupt


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_is_heard_and_another_ctrl_c_gives_up_once(first: signal.Signals) -> None:
    with Interrupt() as interrupt:
        assert not interrupt.heard
        os.kill(os.getpid(), first)
        assert interrupt.heard
        os.kill(os.getpid(), signal.SIGTERM)  # ``ndxp load`` passes Ctrl-C on, and the terminal has sent it already
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)  # what was started is being ended


def test_signals_are_as_they_were_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
