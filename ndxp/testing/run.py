"""The exchange of a run of tests: who needs it first starts it; other processes of the run attach to it."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ndxp.locked_file import locked
from ndxp.sandbox import life, plan
from ndxp.sandbox.state import State
from ndxp.testing.exchange import RunningExchange, attach, launch

_LOCK, _FAILURE = "start.lock", "failure"
_TURNSTILE, _TURN = "turnstile.lock", "turn.lock"


@dataclass(slots=True)
class Run:
    """The exchange of this process's tests, started when it is first asked for.

    With ``shared``, which is a folder, all processes that name this folder have one exchange in it; who made the folder
    stops it. Without it the exchange is this process's own. ``beside`` and ``clock`` are as in ``launch``.
    """

    beside: Sequence[Path] = ()
    clock: str = "real"
    shared: Path | None = None
    _running: RunningExchange | None = field(default=None, init=False)
    _ending: ExitStack = field(default_factory=ExitStack, init=False)

    def exchange(self, folder: Path | None = None) -> RunningExchange:
        """The exchange; one of this process's own is in ``folder``, or in a temporary one that goes with it.

        Raises PlanFailed or StartFailed.
        """
        if self._running is None:
            if self.shared is not None:
                state = _join(self.shared, self.beside, self.clock)
            else:
                state = self._launch(folder)
                self._ending.callback(life.stop, state)
            self._running = self._ending.enter_context(attach(state))
            atexit.register(self.end)
        return self._running

    def _launch(self, folder: Path | None) -> State:
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="ndxp-tests-"))
            self._ending.callback(shutil.rmtree, folder, ignore_errors=True)
        return launch(folder, beside=self.beside, clock=self.clock)

    def end(self) -> None:
        """Leaves the exchange; stops it when it is this process's own."""
        self._running = None
        self._ending.close()


RUN = Run()
"""That of this process; the pytest plugin sets it up."""


@contextmanager
def start(*, beside: Sequence[Path] = (), clock: str = "real") -> Iterator[RunningExchange]:
    """An exchange on free ports in a temporary folder, until the end of the ``with`` statement.

    ``beside`` are folders with agencies of your own, ``clock`` is the nation's: ``real``, ``manual`` or ``xN``. Raises
    PlanFailed or StartFailed.
    """
    run = Run(beside, clock)
    try:
        yield run.exchange()
    finally:
        run.end()


@contextmanager
def turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Lets a test run on the exchange in a folder, together with others or alone; waits for its turn.

    Who waits to be alone comes before those who ask later.
    """
    with ExitStack() as held:
        with locked(folder / _TURNSTILE):
            held.enter_context(locked(folder / _TURN, shared=not alone))
        yield


def stop(folder: Path) -> None:
    """Stops the exchange that processes have shared in a folder, if one was started."""
    with locked(folder / _LOCK):
        state = State.read(folder)
        if state is not None:
            life.stop(state)
        else:
            life.stop_left(folder)


def _join(folder: Path, beside: Sequence[Path], clock: str) -> State:
    """The exchange in a folder, started by whoever comes first. Raises StartFailed, also for all who come after."""
    failure = folder / _FAILURE
    with locked(folder / _LOCK):
        if failure.exists():
            raise life.StartFailed(failure.read_text(encoding="utf-8"))
        state = State.read(folder)
        if state is not None and state.alive() and state.ready_seconds:
            return state
        if state is not None:  # whoever started it has ended before it was ready
            life.stop(state)
        try:
            return launch(folder, beside=beside, clock=clock)
        except (life.StartFailed, plan.PlanFailed) as error:
            failure.write_text(str(error), encoding="utf-8")
            raise
