"""The exchange that the console shows, asked through its admin API; it may end, start again and change its ports."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ndxp.admin import AdminApi, AdminRefused, AdminSilent
from ndxp.client import TokenRefused
from ndxp.labs.text import LabRefused
from ndxp.proxies import ProxyUnusable
from ndxp.sandbox.console import Role, secret_of
from ndxp.sandbox.state import NoSandbox, State, listens

_LOOK_EVERY = 2.0

_Given = TypeVar("_Given")


class Unanswered(Exception):
    """The exchange does not answer; ``Exchange.trouble`` says why."""


class Refused(Exception):
    """The exchange refused; the text says why."""


@contextmanager
def translated() -> Iterator[None]:
    """Raises Unanswered and Refused in the place of what the exchange, a lab or a class raises."""
    try:
        yield
    except (AdminSilent, NoSandbox, OSError) as error:
        raise Unanswered(str(error)) from error
    except (AdminRefused, LabRefused, TokenRefused, ProxyUnusable) as error:
        raise Refused(str(error)) from error


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why pages may show old data: the key of a text, and what the text has in braces."""

    key: str
    values: dict[str, object] = field(default_factory=dict)


class Exchange:
    """The exchange in a run folder, asked with the secret of a role."""

    def __init__(self, folder: Path, role: Role) -> None:
        self.folder = folder
        self.role = role
        self._api: AdminApi | None = None
        self._connecting = threading.Lock()
        self._looking = asyncio.Lock()
        self._looked = 0.0
        self._trouble: Trouble | None = None

    @property
    def attached(self) -> bool:
        """Whether it is an exchange elsewhere, or in containers, which nothing here can start or stop."""
        state = State.read(self.folder)
        return state is not None and state.attached

    async def get(self, path: str, /, **query: Any) -> Any:
        """Reads from the admin API. Raises Unanswered and Refused."""
        return await self.ask(lambda api: api.get(path, **query))

    async def send(self, verb: str, path: str, **options: Any) -> Any:
        """Makes any call of the admin API. Raises Unanswered and Refused."""
        return await self.ask(lambda api: api.send(verb, path, **options))

    async def ask(self, question: Callable[[AdminApi], _Given]) -> _Given:
        """What a function of the admin API gives, called in a thread. Raises Unanswered and Refused."""
        return await asyncio.to_thread(self._ask, question)

    def ask_alone(self, question: Callable[[AdminApi], _Given]) -> _Given:
        """The same in the caller's thread, over a connection of its own: for work that takes long."""
        with translated():
            api = self._new()
            try:
                return question(api)
            finally:
                api.close()

    async def trouble(self) -> Trouble | None:
        """Why the exchange does not answer or takes no calls, as it was 2 s ago at most; None when it works."""
        async with self._looking:  # many pages ask, one looks
            if time.monotonic() - self._looked >= _LOOK_EVERY:
                self._trouble = await asyncio.to_thread(self._look)
                self._looked = time.monotonic()
            return self._trouble

    def close(self) -> None:
        """Closes its connections."""
        with self._connecting:
            if self._api is not None:
                self._api.close()
                self._api = None

    def _ask(self, question: Callable[[AdminApi], _Given]) -> _Given:
        try:
            with translated():
                return question(self._connected())
        except Unanswered:
            self.close()  # it may be somewhere else when it is there again
            raise

    def _connected(self) -> AdminApi:
        with self._connecting:
            if self._api is None:
                self._api = self._new()
            return self._api

    def _new(self) -> AdminApi:
        return AdminApi(State.running(self.folder), secret_of(self.folder, self.role))

    def _look(self) -> Trouble | None:
        try:
            api = self._connected()
            if missing := api.waits_for():
                return Trouble("trouble.waits", {"what": "; ".join(missing)})
        except NoSandbox:
            self.close()
            return Trouble("trouble.none", {"folder": self.folder})
        except (AdminRefused, TokenRefused, ProxyUnusable, OSError):
            self.close()
            return Trouble("trouble.control", {"folder": self.folder})
        return None if listens(api.state.gateway) else Trouble("trouble.gateway", {"address": api.state.gateway})
