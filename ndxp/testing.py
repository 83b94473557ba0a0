"""pytest plugin: ``exchange`` is a whole exchange for the test session, on free ports, in a folder of its own.

In a test: ``PopulationServiceStub(grpc.insecure_channel(exchange.gateway))`` with a token of
``exchange.tokens("VN/GOV/H26/one-stop")``, or ``exchange.connect("VN/GOV/H26/one-stop").channel``. Agencies of your own
are in it with ``--ndxp-with FOLDER``, or with ``ndxp_with`` in the settings of pytest.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ndxp.agency.contract import generate
from ndxp.agency.parts import PartRefused
from ndxp.client import BlockingExchange, Credentials, Tokens
from ndxp.sandbox import life, plan
from ndxp.sandbox.state import State

_WORKERS = 2
_WITH = "ndxp_with"


@dataclass(frozen=True, slots=True)
class RunningExchange:
    """The addresses of the exchange, and the credentials to call it."""

    state: State
    admin: httpx.Client
    """A client of the admin API (paths below ``/admin/v1``) with the operator's rights."""

    @property
    def folder(self) -> Path:
        """The run folder: logs, credentials, ledger."""
        return Path(self.state.folder)

    @property
    def gateway(self) -> str:
        """``host:port`` of the gateway."""
        return self.state.gateway

    @property
    def control_url(self) -> str:
        """URL of the control process."""
        return self.state.control_url

    @property
    def rest_url(self) -> str:
        """URL of the doors for HTTP."""
        return self.state.rest_url

    @property
    def credentials(self) -> Path:
        """The file with every subsystem's secret."""
        return self.state.credentials

    def tokens(self, client_id: str) -> Tokens:
        """Tokens of a subsystem."""
        return self.state.tokens(client_id)

    def connect(self, client_id: str) -> BlockingExchange:
        """A channel to the gateway as a subsystem; use it in a ``with`` statement."""
        return BlockingExchange(self.gateway, self.tokens(client_id))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option for folders with your own agencies."""
    meaning = "folders with agencies of your own, which are in the exchange"
    parser.getgroup("ndxp").addoption("--ndxp-with", type=Path, action="append", default=[], help=meaning)
    parser.addini(_WITH, meaning, type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Makes the code of the agencies' contracts before the tests import it."""
    try:
        for folder in _beside(config):
            generate(folder)
    except PartRefused as error:
        raise pytest.UsageError(str(error)) from error


def _beside(config: pytest.Config) -> list[Path]:
    return [*config.getoption("--ndxp-with"), *config.getini(_WITH)]


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[RunningExchange]:
    """A running exchange with two gateway workers, TLS when NDXP_TLS is 1, and the agencies of --ndxp-with."""
    tls = os.environ.get("NDXP_TLS", "") in ("1", "true")
    folder, beside = tmp_path_factory.mktemp("exchange"), _beside(pytestconfig)
    state = life.start(plan.make(folder, workers=_WORKERS, port=0, tls=tls, beside=beside))
    if failures := life.failures(state):
        life.stop(state)
        pytest.fail("; ".join(dict.fromkeys(failures.values())), pytrace=False)
    secret = Credentials.load(state.credentials, "admin").secret
    headers = {"Authorization": f"Bearer {secret}"}
    try:
        admin_url = f"{state.control_url}/admin/v1"
        with httpx.Client(base_url=admin_url, headers=headers, timeout=60, **state.asking()) as admin:
            yield RunningExchange(state, admin)
    finally:
        life.stop(state)
