"""A running exchange for tests: its addresses, and the credentials to call it."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from ndxp.client import BlockingExchange, Credentials, Tokens
from ndxp.sandbox import life, plan
from ndxp.sandbox.state import State

_WORKERS = 2
_PATIENCE = 60.0


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


def launch(folder: Path, *, beside: Sequence[Path] = (), clock: str = "real") -> State:
    """Starts an exchange with two gateway workers in a folder, on free ports, with TLS when NDXP_TLS is 1.

    ``beside`` are folders with agencies of your own, ``clock`` is the nation's: ``real``, ``manual`` or ``xN``. Raises
    PlanFailed, and StartFailed, also when one of these agencies does not run.
    """
    tls = os.environ.get("NDXP_TLS", "") in ("1", "true")
    planned = plan.make(folder, workers=_WORKERS, port=0, tls=tls, beside=beside, clock=clock)
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # its supervisor goes on, on purpose
        state = life.start(planned)
    if failures := life.failures(state):
        life.stop(state)
        raise life.StartFailed("; ".join(dict.fromkeys(failures.values())))
    return state


@contextmanager
def attach(state: State) -> Iterator[RunningExchange]:
    """An exchange that runs, for the operator."""
    secret = Credentials.load(state.credentials, "admin").secret
    headers = {"Authorization": f"Bearer {secret}"}
    admin_url = f"{state.control_url}/admin/v1"
    with httpx.Client(base_url=admin_url, headers=headers, timeout=_PATIENCE, **state.asking()) as admin:
        yield RunningExchange(state, admin)
