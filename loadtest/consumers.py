"""The callers of the load: members of the registry, always with a valid token for each."""

import asyncio
import random
import ssl
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from ndxp import proxies
from ndxp.client import Credentials
from ndxp.identifiers import in_slashes, member_of
from ndxp.sandbox.state import State
from ndxp.wire import metadata
from ndxp.wire.tls import Tls

Headers = tuple[tuple[str, str], ...]

_REFRESH = (0.5, 0.8)
"""The part of a token's life in which it is replaced; spread, so that not all are replaced together."""

_PATIENCE = 30.0
"""Seconds for an answer of the control process; several generators on a busy machine ask it for hundreds of tokens at
the same time."""

_AT_ONCE = 16


class ExchangeUnreachable(Exception):
    """The exchange cannot be asked for members or tokens; the text says why, without secrets."""


@dataclass(slots=True)
class _Bearer:
    headers: Headers
    refresh_at: float


class Consumers:
    """Members and their tokens, from the control process of a running exchange. Raises ExchangeUnreachable."""

    def __init__(self, state: State) -> None:
        self._state = state
        try:
            self._http = proxies.client(base_url=state.control_url, timeout=_PATIENCE, **state.asking())
        except proxies.ProxyUnusable as error:
            raise ExchangeUnreachable(str(error)) from error
        self._bearers: dict[str, _Bearer] = {}
        self._spread = random.Random(state.gateway)
        self._members = self._list_members()
        self._refresher: asyncio.Task[None] | None = None

    def select(self, groups: Iterable[str]) -> list[str]:
        """The subsystems of groups: "provinces/one-stop" is the one-stop system of every province.

        A single subsystem means itself. Raises ExchangeUnreachable for an unknown name, with a list of known ones.
        """
        names: dict[str, set[str]] = {}
        for member in self._members:
            for name in member["subsystems"]:
                client = f"{member['id']}/{name}"
                names.setdefault(client, set()).add(client)
                for group in member["groups"]:
                    names.setdefault(f"{group}/{name}", set()).add(client)
        wanted = [in_slashes(group) for group in groups]
        if missing := [group for group in wanted if group not in names]:
            there = sorted(name for name in names if name.count("/") == 1 or _same_member(name, missing))
            raise ExchangeUnreachable(
                f"no member of this exchange is in {', '.join(missing)}; there are {', '.join(there)}, and single "
                "subsystems (`ndxp members`)"
            )
        return sorted(set[str]().union(*(names[group] for group in wanted)))

    async def open(self, clients: Iterable[str]) -> None:
        """Gets a token for each of the clients and keeps them fresh until ``close``."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            loop, wanted = asyncio.get_running_loop(), list(clients)
            bearers = [loop.run_in_executor(threads, self._new_bearer, client) for client in wanted]
            self._bearers |= zip(wanted, await asyncio.gather(*bearers), strict=True)
        self._refresher = asyncio.create_task(self._refresh())

    def close(self) -> None:
        """Stops refreshing."""
        if self._refresher is not None:
            self._refresher.cancel()
        self._http.close()

    def headers(self, client: str) -> Headers:
        """The metadata that proves who calls."""
        return self._bearers[client].headers

    def certificates(self) -> dict[str, Tls]:
        """The certificate of each client; empty without TLS."""
        found = {client: Credentials.load(self._state.credentials, client).tls for client in self._bearers}
        return {client: tls for client, tls in found.items() if tls and (self._state.tls or not tls.own)}

    def trusted(self) -> ssl.SSLContext | None:
        """The certificates that the doors for HTTP must show; None without TLS."""
        verify = self._state.asking(self._state.rest_url)["verify"]
        if isinstance(verify, ssl.SSLContext):
            return verify
        return ssl.create_default_context() if verify else None

    async def _refresh(self) -> None:
        """Replaces tokens before they expire. When that fails, calls fail visibly once the old token has expired."""
        while True:
            await asyncio.sleep(1)
            for client, bearer in list(self._bearers.items()):
                if time.monotonic() < bearer.refresh_at:
                    continue
                try:
                    self._bearers[client] = await asyncio.to_thread(self._new_bearer, client)
                except ExchangeUnreachable:
                    break
                await asyncio.sleep(0.01)

    def _new_bearer(self, client: str) -> _Bearer:
        secret = Credentials.load(self._state.credentials, client).secret
        try:
            answer = self._http.post("/oauth2/token", auth=(client, secret), data={"grant_type": "client_credentials"})
        except httpx.HTTPError as error:
            raise self._silent(error) from error
        if answer.status_code != httpx.codes.OK:
            raise ExchangeUnreachable(f"the exchange gave no token to {client}: HTTP {answer.status_code}")
        body = answer.json()
        lasts = body["expires_in"] * self._spread.uniform(*_REFRESH)
        return _Bearer(((metadata.AUTHORIZATION, f"Bearer {body['access_token']}"),), time.monotonic() + lasts)

    def _list_members(self) -> list[dict[str, list[str]]]:
        secret = Credentials.load(self._state.credentials, "admin").secret
        try:
            answer = self._http.get("/admin/v1/members", headers={"Authorization": f"Bearer {secret}"})
            members: list[dict[str, list[str]]] = answer.raise_for_status().json()
        except httpx.HTTPError as error:
            raise self._silent(error) from error
        return members

    def _silent(self, error: httpx.HTTPError) -> ExchangeUnreachable:
        return ExchangeUnreachable(f"the control process at {self._state.control_url} does not answer: {error}")


def _same_member(subsystem: str, others: Iterable[str]) -> bool:
    return member_of(subsystem) in map(member_of, others)
