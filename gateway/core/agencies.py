"""What agencies bring into a registry by themselves: their services, the rights they give and those they ask for."""

from collections.abc import Mapping, Sequence

import msgspec

from gateway.core.registry import Grant, Member, Registry, RegistryError, Service, groups_of
from ndxp.agency.parts import FILE, Part
from ndxp.identifiers import member_of

ACCESS_LOG = "ndxp.access_log.v1.AccessLogService"
"""The contract that every agency offers besides its own: what it was asked, to be held against the ledger."""

OPERATORS = "VN/GOV/G22/operations"
"""As whom the exchange's operators call; they may read every agency's access log."""


def add_agencies(registry: Registry, parts: Sequence[Part], addresses: Mapping[str, str]) -> tuple[Registry, list[str]]:
    """The registry with these agencies in it, and what was left out; ``addresses`` are those of their subsystems.

    A grant is left out when its consumer or its provider is not in this exchange. Raises RegistryError for an agency of
    a member that the registry does not have, and for a grant that is none.
    """
    members = {member.id: member for member in registry.members}
    services, grants = list(registry.services), list(registry.grants)
    for part in parts:
        for subsystem in part.subsystems:
            _join(members, part, subsystem)
            offered = (*part.contracts, ACCESS_LOG)
            services += [Service(subsystem, contract, addresses[subsystem]) for contract in offered]
    providers = {f"{member.id}/{name}" for member in members.values() for name in member.subsystems}
    consumers = {*members, *providers, *(f"group:{group}" for group in groups_of(members.values()))}
    left_out = []
    for part in parts:
        for grant in (*_grants(part, "grants", "provider"), *_grants(part, "asks", "consumer")):
            if missing := {grant.provider} - providers or {grant.consumer} - consumers:
                left_out.append(f"{_place(part)}: the grant {grant.id}, as nobody here is {missing.pop()}")
            else:
                grants.append(grant)
        if OPERATORS in providers:
            grants += _of_operators(part)
    return msgspec.structs.replace(registry, members=list(members.values()), services=services, grants=grants), left_out


def _join(members: dict[str, Member], part: Part, subsystem: str) -> None:
    """Adds a subsystem to its member."""
    owner, name = member_of(subsystem), subsystem.rpartition("/")[2]
    member = members.get(owner)
    if member is None:
        raise RegistryError(f"{_place(part)}: the exchange has no member {owner}, whose subsystem {subsystem} would be")
    if name not in member.subsystems:
        members[owner] = msgspec.structs.replace(member, subsystems=[*member.subsystems, name])


def _grants(part: Part, where: str, whose: str) -> list[Grant]:
    """The grants in a list of the part; ``whose`` is what the agency itself is in them, provider or consumer.

    An entry that does not say which of the agency's subsystems it is about is about each of them.
    """
    grants = []
    for number, entry in enumerate(getattr(part, where)):
        for subsystem in [entry[whose]] if whose in entry else part.subsystems:
            said = {**entry, whose: subsystem, "id": _id(part, str(entry.get("id", "")), subsystem, whose in entry)}
            if whose == "provider" and len(part.contracts) == 1:
                said.setdefault("contract", part.contracts[0])
            try:
                grants.append(msgspec.convert(said, Grant))
            except msgspec.ValidationError as error:
                raise RegistryError(f"{_place(part)}: {where}[{number}]: {error}") from error
    return grants


def _of_operators(part: Part) -> list[Grant]:
    """The operators' right to read the access log of an agency."""
    return [
        Grant(_id(part, f"operations-{part.label}", subsystem), OPERATORS, subsystem, ACCESS_LOG, ["*"])
        for subsystem in part.subsystems
    ]


def _id(part: Part, name: str, subsystem: str, named: bool = False) -> str:
    """The id of a grant; of one that is there for each of several subsystems, with the code of the member."""
    alone = named or len(part.subsystems) == 1
    return name if alone else f"{name}-{member_of(subsystem).rpartition('/')[2]}"


def _place(part: Part) -> str:
    return f"{part.name}/{FILE}"
