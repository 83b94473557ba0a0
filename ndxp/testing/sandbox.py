"""The sandbox of one test: an identity of its own on an exchange that many tests share."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

import httpx

from ndxp.client import DEADLINE, BlockingExchange, Exchange, Tokens
from ndxp.faults import scenario as scenarios
from ndxp.retries import Retries
from ndxp.sandbox.calls import Call, Calls, records_of
from ndxp.sandbox.nation import world
from ndxp.sandbox.operator import Operator
from ndxp.testing import phrases
from ndxp.testing.answers import Answer
from ndxp.testing.cassette import Cassette, Player, Recorder
from ndxp.testing.clock import SandboxClock
from ndxp.testing.contracts import named
from ndxp.testing.exchange import RunningExchange
from ndxp.testing.faults import Fault, methods_in
from ndxp.testing.identity import Identity
from ndxp.testing.loop import Loop
from ndxp.testing.people import find
from ndxp.world import PERSONA_KEYS, Citizen

if TYPE_CHECKING:
    from ndxp.testing.agency import Stub

ONE_STOP = "VN/GOV/H26/one-stop"
"""As whom a sandbox acts unless the test names another subsystem: this one may call the most contracts."""

_MINUTES = 60.0
"""How long a fault lasts at most, unless a test says so: it ends also when nobody has removed it."""


class Sandbox:
    """A subsystem for one test, with its own rights, quota, faults and view of the ledger.

    Other tests on the same exchange are not disturbed. ``name`` makes it repeatable: the same name draws the same
    people, and the same calls for faults with a share. ``alone`` says that no other test runs on the exchange
    meanwhile. It is made when it is first used; ``close`` removes all of it.
    """

    def __init__(self, exchange: RunningExchange, name: str = "", *, alone: bool = True) -> None:
        self.exchange = exchange
        self.name = name or token_hex(8)
        self._alone = alone
        self._of = ONE_STOP
        self._operator = Operator(exchange.state)
        self._identities: list[Identity] = []
        self._known = True
        self._faults: list[Fault] = []
        self._stubs: list[Stub] = []
        self._loop: Loop | None = None
        self._numbers, self._people = count(1), count(1)
        self._since = 0
        self._ending = ExitStack()
        self._http: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Removes the identity, its faults and stubs. Raises AdminRefused when the exchange does not answer."""
        with ExitStack() as ending:  # from the last line to the first, each also after one that failed
            ending.callback(self._operator.close)
            ending.callback(self._ending.close)
            for stub in self._stubs:
                ending.callback(stub.end)
            for identity in self._identities:
                ending.callback(identity.remove)
        self._stubs.clear()
        self._identities.clear()

    # As whom it calls

    def acts_as(self, subsystem: str) -> Self:
        """From now on it may call what this subsystem may, and belongs to the same member. Raises AdminRefused.

        Its faults and stubs go with it; connections that are open stay those of who it was.
        """
        if subsystem != self._of:
            self._of = subsystem
            if self._identities:
                self._begin()
                for fault in self._faults:
                    fault.move(self._identities[-1].subsystem)
        return self

    @property
    def subsystem(self) -> str:
        """The identifier as which it calls."""
        return self._identity().subsystem

    @property
    def tokens(self) -> Tokens:
        """Its tokens."""
        return self._identity().tokens

    @property
    def folder(self) -> Path:
        """A run folder that knows this subsystem only, as ``ndxp.connect`` and the commands take it."""
        return self._identity().folder

    @property
    def credentials(self) -> Path:
        """The file with its secret, for a program that is tested."""
        return self.folder / "credentials.json"

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables for a program that is tested: where the exchange is, and as whom it calls."""
        return self._identity().environment

    def connect(self, *, deadline: float = DEADLINE, retries: Retries | bool = True) -> BlockingExchange:
        """A channel to the gateway; use it in a ``with`` statement. ``retries=False`` sends each call once."""
        return BlockingExchange(self.exchange.gateway, self.tokens, deadline=deadline, retries=retries)

    @asynccontextmanager
    async def aconnect(self, *, deadline: float = DEADLINE, retries: Retries | bool = True) -> AsyncIterator[Exchange]:
        """A channel to the gateway for asyncio."""
        tokens = await asyncio.to_thread(lambda: self.tokens)
        async with Exchange(self.exchange.gateway, tokens, deadline=deadline, retries=retries) as connected:
            yield connected

    @property
    def http(self) -> httpx.Client:
        """A client of the doors for HTTP that sends its token."""
        if self._http is None:
            url = self.exchange.rest_url
            client = httpx.Client(base_url=url, auth=_Bearer(self), timeout=DEADLINE, **self.exchange.state.asking(url))
            self._http = self._ending.enter_context(client)
        return self._http

    def quota(self, **limits: float) -> None:
        """Sets its own quota: ``rate`` calls a second, ``burst`` at once, ``daily``, ``in_flight``.

        Raises AdminRefused.
        """
        self._operator.admin.send("PUT", "/quotas", body={"consumer": self._identity().subsystem, **limits})
        self._operator.wait()

    def _identity(self) -> Identity:
        """Its present identity, which every gateway knows."""
        if not self._identities:
            self._begin()
        if not self._known:
            self._operator.wait()
            self._known = True
        return self._identities[-1]

    def _begin(self) -> None:
        self._identities.append(Identity(self.exchange.state, self._operator.admin, self._of))
        self._known = False

    # What goes wrong

    def fault(
        self,
        effects: str,
        *,
        method: str | Sequence[str] = "",
        contract: str = "",
        provider: str = "",
        purpose: str = "",
        message_id: str = "",
        nth: str = "",
        count: str = "",
        share: float = 1.0,
        seed: int = 0,
        hours: str = "",
        days: Sequence[str] = (),
        minutes: float = _MINUTES,
    ) -> Fault:
        """A fault for its calls: ``with sandbox.fault("delay=2s", method="VerifyCitizen", nth="1-2"): ...``.

        ``effects`` and the conditions are those of a rule of faults. It is on at once; it ends with the ``with``
        statement, with ``remove``, with the test, and after so many minutes in any case. Raises AdminRefused for a
        rule that is wrong.
        """
        rule = {
            "do": effects, "methods": methods_in(method), "contract": contract, "provider": provider,
            "purpose": purpose, "message_id": message_id, "nth": nth, "count": count, "hours": hours,
            "days": list(days), "note": f"set by a test: {self.name}"[:500],
        }  # fmt: skip
        given = {name: value for name, value in rule.items() if value}
        return self._set({**given, "share": share, "seed": seed}, minutes)

    def scenario(self, name: str) -> AbstractContextManager[object]:
        """The faults of a scenario (`ndxp fault scenario`) for its calls; they end as one of ``fault`` does.

        Raises ScenarioRefused.
        """
        faults = ExitStack()
        for rule in scenarios.load(name).faults:
            faults.enter_context(self._set(rule, _MINUTES))
        return faults

    def _set(self, rule: Mapping[str, Any], minutes: float) -> Fault:
        """Sets a rule for its calls."""
        if not self._identities:
            self._begin()
        until = datetime.now(UTC) + timedelta(minutes=minutes)
        own = {"consumer": self._identities[-1].subsystem, "valid_until": until.isoformat()}
        fault = Fault(self._operator, {**rule, **own}, self._next_rule)
        self._known = True
        self._faults.append(fault)
        return fault

    @asynccontextmanager
    async def afault(self, effects: str, **conditions: Any) -> AsyncIterator[Fault]:
        """A fault for asyncio: other tasks go on while the exchange learns it. It takes what ``fault`` takes."""
        fault = await asyncio.to_thread(self.fault, effects, **conditions)
        try:
            yield fault
        finally:
            await asyncio.to_thread(fault.remove)

    def _next_rule(self) -> str:
        """The name of the next rule: the same in each run, so that a share of calls is the same calls."""
        return f"t-{hashlib.sha256(self.name.encode()).hexdigest()[:12]}-{next(self._numbers)}"

    def agency(
        self,
        stub: ModuleType | Mapping[str, Answer] | object,
        *,
        contract: str = "",
        provider: str = "",
    ) -> "Stub":
        """Puts a stub in the place of an agency, for its calls only, until the ``with`` statement or the test ends.

        ``stub`` is a table of answers by method (see ``ndxp.testing.answers``), a servicer or its class, or a module
        that ``ndxp new agency`` has made. A table needs ``contract``, the name of a contract of the exchange. The stub
        answers as every provider of its contract, or as ``provider``. Raises ValueError, TypeError or AdminRefused.
        """
        from ndxp.testing.agency import behaviours, serve, serve_module  # needs the extra `agency`

        if isinstance(stub, ModuleType):
            folder = Path(self._ending.enter_context(TemporaryDirectory()))
            made, contracts = serve_module(self._beside(), self.exchange.state, stub, folder)
            methods: Sequence[str] = ()
        else:
            offered = self._offered()
            found, behave = behaviours(stub, contract, offered)
            providers = [provider] if provider else list(offered.get(found.full_name, ()))
            made = serve(self._beside(), self.exchange.state, providers, found, behave)
            contracts, methods = [found.full_name], list(behave)
        for each in contracts:
            self._lead_to(made, each, provider, methods)
        return made

    @contextmanager
    def record(self, path: Path, *, contract: str, provider: str = "", keep: Sequence[str] = ()) -> Iterator[None]:
        """Writes its calls of a contract, with their answers and without personal data, into a file.

        ``keep`` are names of fields whose texts are no personal data, such as ``result_code``. What a cassette has and
        has not is said in ``ndxp.testing.cassette``. Calls with streams are not recorded. The file is written when the
        ``with`` statement ends.
        """
        from ndxp.testing.recording import record, unary  # needs the extra `agency`

        offered = self._offered()
        found = named(contract, offered)
        chosen = {name: at for name, at in offered[found.full_name].items() if provider in ("", name)}
        recorder = Recorder(Cassette(found.full_name, list(keep)))
        made = record(self._beside(), self.exchange.state, found, chosen, recorder)
        self._lead_to(made, found.full_name, provider, [method.name for method in unary(found)])
        with made:
            yield
        recorder.cassette.write(path)

    def replay(self, path: Path) -> "Stub":
        """Answers its calls from a file that ``record`` has written, until the ``with`` statement or the test ends.

        A call that is not in it is refused as NOT_RECORDED. Raises CassetteRefused.
        """
        cassette = Cassette.read(path)
        player, contract = Player(cassette), named(cassette.contract, self._offered())
        methods = {each.method for each in cassette.exchanges}
        table = {method.name: player.answers(method) for method in contract.methods if method.name in methods}
        return self.agency(table, contract=cassette.contract)

    def _lead_to(self, stub: "Stub", contract: str, provider: str, methods: Sequence[str]) -> None:
        """Sets the rule that sends calls to a stub."""
        self._stubs.append(stub)
        stub.reached_by(self.fault(f"to={stub.address}", contract=contract, provider=provider, method=methods))

    def _offered(self) -> dict[str, dict[str, str]]:
        """The providers of each contract on the exchange, with their addresses."""
        offered: dict[str, dict[str, str]] = {}
        for service in self._operator.admin.get("/services"):
            offered.setdefault(service["contract"], {})[service["provider"]] = service["address"]
        return offered

    def _beside(self) -> Loop:
        """The loop in which its stubs answer."""
        if self._loop is None:
            self._loop = Loop()
            self._ending.callback(self._loop.close)
        return self._loop

    # For whom

    def person(
        self,
        who: str = "person",
        *,
        age: int | tuple[int, int] | None = None,
        sex: str = "",
        province: str = "",
        deceased: bool | None = None,
        has: Sequence[str] = (),
        lacks: Sequence[str] = (),
        valid: Sequence[str] = (),
        expired: Sequence[str] = (),
        locked: Sequence[str] = (),
    ) -> Citizen:
        """A citizen of the synthetic nation for this test: a persona by its key, or whoever meets the conditions.

        Conditions are a phrase, ``child under 6 with expired card in H26``, or keywords, or both: ``has=["passport"]``
        names registers. The same test gets the same people in each run, and another person with each question. Raises
        PhraseRefused, and NobodyFits when nobody was found.
        """
        if who in PERSONA_KEYS:
            return world().persona(who).citizen
        entries = {"any": has, "none": lacks, "valid": valid, "expired": expired, "locked": locked}
        wanted = phrases.narrowed(
            phrases.read(who), age=age, sex=sex, province=province, deceased=deceased, entries=entries
        )
        return find(world(), wanted, f"{self.name} {next(self._people)}")

    @property
    def clock(self) -> SandboxClock:
        """The nation's clock, which all tests on the exchange share."""
        return SandboxClock(self.exchange.state, lambda: self._alone)

    # What was called

    def calls(self, **conditions: Any) -> Calls:
        """Its calls since the beginning, or since ``reset``, from the ledger; see ``Calls.where`` for conditions."""
        self._operator.recorded()
        admin, since = self._operator.admin, self._since
        found = [record for identity in self._identities for record in records_of(admin, identity.subsystem, since)]
        found.sort(key=lambda record: record["seq"])
        return Calls(map(Call.of, found)).where(**conditions)

    async def acalls(self, **conditions: Any) -> Calls:
        """Its calls, for asyncio."""
        return await asyncio.to_thread(lambda: self.calls(**conditions))

    def reset(self) -> None:
        """As at the beginning of the test: no fault, no stub of an agency, no calls."""
        self._since = self._operator.recorded()
        for identity in self._identities:
            self._operator.admin.send("DELETE", "/faults", query={"consumer": identity.subsystem})
        for fault in self._faults:
            fault.forget()
        self._faults.clear()
        if self._identities:
            self._operator.wait()
        for stub in self._stubs:
            stub.end()
        self._stubs.clear()


class _Bearer(httpx.Auth):
    """Sends the present token of a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._sandbox.tokens.blocking()}"
        yield request
