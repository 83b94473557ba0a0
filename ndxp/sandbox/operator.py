"""The operator's part in a test or a lab: changes the exchange, and waits until every process knows it."""

import time

import httpx

from ndxp.admin import AdminApi, AdminRefused
from ndxp.client import Credentials
from ndxp.language import _
from ndxp.sandbox import life
from ndxp.sandbox.state import State

_PATIENCE, _LOOK_AGAIN = 30.0, 0.02
_BEYOND = 2**61


class NotKnown(AdminRefused):
    """The exchange has not taken over what was changed or recorded; the text says where to look."""


class Operator:
    """The operator of an exchange on this machine. ``admin`` raises AdminRefused."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.admin = AdminApi(state, Credentials.load(state.credentials, "admin").secret)

    def close(self) -> None:
        """Closes its connections."""
        self.admin.close()

    def wait(self) -> None:
        """Returns when every gateway and the doors know what was changed until now. Raises NotKnown."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                known = life.known_everywhere(self.state)
                while time.monotonic() < deadline:
                    if known():
                        return
                    time.sleep(_LOOK_AGAIN)
            except (httpx.HTTPError, ValueError):  # a process that is started again
                time.sleep(_LOOK_AGAIN)
        raise NotKnown(
            _(
                "the gateways have not learnt a change within {seconds} s; {logs}",
                seconds=f"{_PATIENCE:.0f}",
                logs=self._logs,
            )
        )

    def recorded(self) -> int:
        """Waits until the ledger has all that was answered until now; returns its last place. Raises NotKnown."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            totals = self.admin.get("/totals", after=_BEYOND)
            if totals["caught_up"]:
                return int(totals["last"])
        raise NotKnown(
            _(
                "the ledger has not caught up with the calls within {seconds} s; {logs}",
                seconds=f"{_PATIENCE:.0f}",
                logs=self._logs,
            )
        )

    @property
    def _logs(self) -> str:
        return _("see the logs in {folder}", folder=f"{self.state.folder}/logs")
