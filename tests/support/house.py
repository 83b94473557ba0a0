"""A gateway of one provider and one member in the test's own process, on a port of its own, without a store."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.core.access_token import AUDIENCE, ISSUER
from gateway.core.registry import Grant, Member, Registry, Service, Snapshot
from gateway.core.transaction import Phase, Record
from gateway.dataplane.deadlines import Deadlines
from gateway.dataplane.directory import Directory
from gateway.dataplane.listener import Listener
from gateway.dataplane.pipeline import WorkerState
from gateway.dataplane.relay import Relays
from gateway.dataplane.upstream import Upstreams
from gateway.settings import GatewaySettings
from ndxp.jwk import public_jwk
from ndxp.wire import metadata
from tests.support.descriptors import contract

DEMO, PROVIDER, CLIENT = "demo.v1.Demo", "VN/GOV/G01/demo", "VN/GOV/H26/one-stop"
GRANT = Grant(id="g", consumer=CLIENT, provider=PROVIDER, contract=DEMO, methods=["*"])
UNARY, STREAM = "Get", "GetAll"


class Journal:
    """Takes every record at once, and says of outcomes that it has them when it may."""

    available = True

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def append(self, record: Record, *, under_way: int = 0) -> asyncio.Future[Any]:
        self.records.append(record)
        if record.phase is Phase.OUTCOME:
            return asyncio.ensure_future(self.may_answer.wait())
        written = asyncio.get_running_loop().create_future()
        written.set_result(None)
        return written


class Unlimited:
    """Allowances without limits."""

    def enter(self, client: str, quota: object) -> None: ...

    def leave(self, client: str) -> None: ...


class House:
    """The gateway. Its provider is at ``address``; ``settings`` are of the gateway, without NDXP_."""

    def __init__(self, address: str, settings: Mapping[str, Any] | None = None) -> None:
        self.address = address
        key = Ed25519PrivateKey.generate()
        jwk, now = public_jwk(key), int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": CLIENT, "iat": now, "exp": now + 600}
        self.identity = (metadata.AUTHORIZATION, f"Bearer {jwt.encode(claims, key, 'EdDSA', {'kid': jwk['kid']})}")
        self.journal = Journal()
        journal: Any = self.journal
        allowances: Any = Unlimited()
        given = GatewaySettings(**{"gateway_address": "127.0.0.1:0", **(settings or {})})
        self.state = WorkerState(given, "node", journal, allowances, snapshot=self.registry(GRANT))
        self.state.tokens.use_keys({jwk["kid"]: jwk})
        deadlines = Deadlines(asyncio.get_running_loop())
        self.upstreams = Upstreams()
        self.relays = Relays(self.state, self.upstreams, deadlines)
        self.listener = Listener(given, self.relays, Directory(self.state, self.upstreams, deadlines), None)

    def registry(self, *grants: Grant) -> Snapshot:
        """A registry with these grants."""
        members = [
            Member(id="VN/GOV/G01", name="P", subsystems=["demo"]),
            Member(id="VN/GOV/H26", name="H", subsystems=["one-stop"]),
        ]
        services = [Service(provider=PROVIDER, contract=DEMO, address=self.address)]
        known = contract("demo.v1", "Demo", UNARY, streams=(STREAM,))
        return Snapshot(Registry("VN", members=members, services=services, grants=list(grants)), {DEMO: known})

    def revoke(self) -> None:
        """Takes the grant away, and ends the calls that had it."""
        self.state.snapshot = self.registry()
        self.relays.dismiss()

    def outcomes(self) -> list[Record]:
        """The outcomes that were recorded."""
        return [record for record in self.journal.records if record.phase is Phase.OUTCOME]

    async def close(self) -> None:
        """Ends everything."""
        await self.listener.close(0)
        await self.upstreams.close()
