"""The pytest plugin: options, the fixtures ``exchange`` and ``sandbox``, and what a failed test shows of its calls.

Agencies of your own are in the exchange with ``--ndxp-with FOLDER``, or with ``ndxp_with`` in the settings of pytest.
"""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ndxp.admin import AdminRefused
from ndxp.agency.contract import generate
from ndxp.agency.parts import PartRefused
from ndxp.sandbox.life import StartFailed
from ndxp.sandbox.operator import NotKnown
from ndxp.sandbox.plan import PlanFailed
from ndxp.testing import run
from ndxp.testing.exchange import RunningExchange
from ndxp.testing.run import RUN
from ndxp.testing.sandbox import Sandbox

_WITH, _SHARED, _CLOCK = "ndxp_with", "ndxp_shared", "ndxp_clock"
_FAULT, _ALONE = "ndxp_fault", "ndxp_alone"
_MARKERS = (
    f"{_FAULT}(effects, **conditions): a fault for the calls of this test, as sandbox.fault sets it",
    f"{_ALONE}: no other test that has a sandbox runs meanwhile on the same exchange, so the clock may be moved",
)
_FOLDER = pytest.StashKey[Path]()
_FAILED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option for folders with your own agencies, and the settings."""
    meaning = "folders with agencies of your own, which are in the exchange"
    parser.getgroup("ndxp").addoption("--ndxp-with", type=Path, action="append", default=[], help=meaning)
    parser.addini(_WITH, meaning, type="paths", default=[])
    parser.addini(_SHARED, "whether the workers of pytest-xdist share one exchange", type="bool", default=True)
    parser.addini(_CLOCK, "the nation's clock of the exchange: real, manual or xN", default="real")


def pytest_configure(config: pytest.Config) -> None:
    """Makes the code of the agencies' contracts before the tests import it, and says what exchange there will be."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    beside = [*config.getoption("--ndxp-with"), *config.getini(_WITH)]
    try:
        for folder in beside:
            generate(folder)
    except PartRefused as error:
        raise pytest.UsageError(str(error)) from error
    RUN.beside, RUN.clock = beside, config.getini(_CLOCK)
    given = getattr(config, "workerinput", {}).get("ndxp_folder", "")
    # A worker on another machine does not see the folder: it has an exchange of its own.
    RUN.shared = Path(given) if given and Path(given).is_dir() else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of pytest-xdist where the exchange is that all share; the first that needs it starts it."""
    config: pytest.Config = node.config
    if config.getini(_SHARED):
        if _FOLDER not in config.stash:
            config.stash[_FOLDER] = Path(tempfile.mkdtemp(prefix="ndxp-tests-"))
        node.workerinput["ndxp_folder"] = str(config.stash[_FOLDER])


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Notes whether the logs of the exchange may be wanted."""
    session.config.stash[_FAILED] = exitstatus != pytest.ExitCode.OK


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the exchange: that of this process, or the one that its workers have shared."""
    RUN.end()
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        run.stop(folder)
        if not config.stash.get(_FAILED, True):
            shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says where the logs of a shared exchange are when a test has failed."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None and config.stash.get(_FAILED, True) and (folder / "logs").is_dir():
        terminalreporter.write_line(f"the logs of the exchange are in {folder / 'logs'}")


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """A running exchange with two gateway workers, TLS when NDXP_TLS is 1, and the agencies of --ndxp-with.

    The workers of pytest-xdist share one, unless ``ndxp_shared`` is false.
    """
    try:
        running = RUN.exchange(tmp_path_factory.mktemp("exchange"))
    except (StartFailed, PlanFailed) as error:
        pytest.fail(str(error), pytrace=False)
    try:
        yield running
    finally:
        RUN.end()


@pytest.fixture
def sandbox(exchange: RunningExchange, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A subsystem for this test only, with its own rights, quota, faults and view of the ledger."""
    alone = request.node.get_closest_marker(_ALONE) is not None
    with ExitStack() as held:
        if RUN.shared is not None:
            held.enter_context(run.turn(exchange.folder, alone=alone))
        made = held.enter_context(Sandbox(exchange, request.node.nodeid, alone=alone or RUN.shared is None))
        for mark in request.node.iter_markers(_FAULT):
            made.fault(*mark.args, **mark.kwargs)
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows the calls of a test that has failed."""
    report = yield
    made = getattr(item, "funcargs", {}).get("sandbox")
    if report.when == "call" and report.failed and isinstance(made, Sandbox):
        try:
            shown = repr(made.calls())
        except (AdminRefused, NotKnown) as error:
            shown = str(error)
        report.sections.append(("calls of the sandbox", shown))
    return report
