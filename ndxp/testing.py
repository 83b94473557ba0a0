"""pytest plugin: ``exchange`` is a whole exchange for the test session, on free ports, in a folder of its own.

In a test: ``PopulationServiceStub(grpc.insecure_channel(exchange.gateway))`` with a token of
``exchange.tokens("VN/GOV/H26/one-stop")``, or ``exchange.connect("VN/GOV/H26/one-stop").channel``.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ndxp.client import BlockingExchange, Credentials, Tokens
from ndxp.sandbox import life, plan
from ndxp.sandbox.state import State

_WORKERS = 2


@dataclass(frozen=True, slots=True)
class RunningExchange:
    """Where the exchange listens and how to be somebody on it."""

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
    def credentials(self) -> Path:
        """The file with every subsystem's secret."""
        return self.state.credentials

    def tokens(self, client_id: str) -> Tokens:
        """Tokens of a subsystem."""
        return self.state.tokens(client_id)

    def connect(self, client_id: str) -> BlockingExchange:
        """A channel to the gateway as a subsystem; use it in a ``with`` statement."""
        return BlockingExchange(self.gateway, self.tokens(client_id))


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """A running exchange with two gateway workers, with TLS when NDXP_TLS is 1."""
    tls = os.environ.get("NDXP_TLS", "") in ("1", "true")
    state = life.start(plan.make(tmp_path_factory.mktemp("exchange"), workers=_WORKERS, port=0, tls=tls))
    secret = Credentials.load(state.credentials, "admin").secret
    headers = {"Authorization": f"Bearer {secret}"}
    try:
        admin_url = f"{state.control_url}/admin/v1"
        with httpx.Client(base_url=admin_url, headers=headers, timeout=60, **state.asking()) as admin:
            yield RunningExchange(state, admin)
    finally:
        life.stop(state)
