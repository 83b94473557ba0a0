"""A provider of a running exchange, as its registry and its run folder know it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, Self

from ndxp.admin import AdminRefused, Session
from ndxp.check.examples import FILE, from_catalogue, from_lines
from ndxp.check.process import stop_of
from ndxp.check.provider import Asker, Examples, Provider
from ndxp.client import Credentials
from ndxp.clock import real_now
from ndxp.contract import Contract
from ndxp.identifiers import in_slashes, member_of
from ndxp.sandbox.operator import Operator
from ndxp.subject import read_subject_key
from ndxp.wire.assertion import key_of
from ndxp.wire.tls import GATEWAY, Tls
from ndxp.world import World

_AT_MOST = 300.0
"""Seconds after which a fault ends, should the check be killed."""

_PREFERRED = "VN/GOV/H26/one-stop"


@dataclass(frozen=True, slots=True)
class Registered:
    """A provider of an exchange: its subsystem, its address, and the contracts that it offers."""

    session: Session
    subsystem: str
    address: str
    contracts: Sequence[str]

    @classmethod
    def find(cls, session: Session, name: str) -> Self:
        """The provider with a subsystem or at an address; raises AdminRefused when there is none."""
        wanted = in_slashes(name)
        found = [each for each in session.get("/services") if wanted in (each["provider"], each["address"])]
        offered = [each for each in found if not each["rest"]]
        if found and not offered:
            raise AdminRefused(f"{wanted} offers REST services only, which have no contract to check")
        if not offered:
            raise AdminRefused(f"no provider is {wanted[:100]!r}, nor listens there; `ndxp services` lists them")
        first = offered[0]["provider"]
        own = [each["contract"] for each in offered if each["provider"] == first]
        return cls(session, first, offered[0]["address"], own)

    def provider(self, contract: Contract, examples: Examples, *, changes: bool, **options: Any) -> Provider:
        """One of its contracts with what a check needs; ``options`` are those of the check."""
        state = self.session.state
        return Provider(
            subsystem=self.subsystem,
            address=self.address,
            key=key_of(Credentials.load(state.credentials, self.subsystem).secret),
            subjects=read_subject_key(state.credentials),
            contract=contract,
            askers=_askers(self.session, self.subsystem, str(contract.service.full_name)),
            examples=examples,
            exists=World().exists,
            tls=Tls.load(state.tls_folder, GATEWAY) if state.tls else None,
            stop=stop_of(state, self.subsystem, self.address),
            disturb=None if state.attached or not changes else partial(_disturbed, self.session, self.subsystem),
            changes=changes,
            **options,
        )

    def sources(self) -> list[Examples]:
        """Where examples come from, besides the file that a user names: the agency's folder, and the catalogue."""
        state = self.session.state
        process = next((name for name, subsystems in state.beside.items() if self.subsystem in subsystems), "")
        folders = [Path(each.command[-2]) / each.command[-1] for each in state.processes if each.name == process]
        own = [from_lines((folder / FILE).read_bytes()) for folder in folders if (folder / FILE).is_file()]
        return [*own, from_catalogue(World())]


@contextmanager
def _disturbed(session: Session, subsystem: str, effect: str) -> Iterator[None]:
    """Within it the calls of a subsystem meet an effect at the gateway."""
    until = datetime.fromtimestamp(real_now() / 1e6 + _AT_MOST, UTC).isoformat(timespec="seconds")
    rule = {"consumer": subsystem, "do": effect, "valid_until": until, "note": "ndxp check agency"}
    [added] = session.send("POST", "/faults", body=[rule])
    with closing(Operator(session.state)) as operator:
        try:
            operator.wait()
            yield
        finally:
            session.send("DELETE", f"/faults/{added['id']}")


def _askers(session: Session, provider: str, contract: str) -> Mapping[str, Asker]:
    """Who asks for each method: a consumer of a grant for it, the one-stop system of Hanoi where it is one of them."""
    grants = [each for each in session.get("/grants") if (each["provider"], each["contract"]) == (provider, contract)]
    members = session.get("/members")
    methods = next(
        each["methods"]
        for each in session.get("/services")
        if (each["provider"], each["contract"]) == (provider, contract)
    )
    found = dict[str, Asker]()
    for method in methods:
        askers = [
            Asker(client, purpose)
            for grant in grants
            if any(fnmatchcase(method, pattern) for pattern in grant["methods"])
            for purpose in (grant["purposes"] or [""])[:1]
            for client in _consumers(grant["consumer"], members)
        ]
        if askers:
            found[method] = next((asker for asker in askers if asker.client == _PREFERRED), askers[0])
    return found


def _consumers(consumer: str, members: Sequence[Mapping[str, Any]]) -> list[str]:
    """The subsystems that a grant's consumer means."""
    group, _, subsystem = consumer.removeprefix("group:").partition("/")
    if consumer.startswith("group:"):
        chosen = [member for member in members if group == "all" or group in member["groups"]]
        return [f"{m['id']}/{name}" for m in chosen for name in m["subsystems"] if subsystem in ("", name)]
    own = [f"{m['id']}/{name}" for m in members for name in m["subsystems"]]
    return [each for each in own if consumer in (each, member_of(each))]
