"""Adds agencies to a registry: their services, the grants that they give, and the grants that they ask for."""

from collections.abc import Mapping, Sequence

import msgspec

from gateway.core.registry import Grant, Member, Registry, RegistryError, Service, groups_of
from ndxp.agency.parts import FILE, Part
from ndxp.identifiers import member_of

ACCESS_LOG = "ndxp.access_log.v1.AccessLogService"
"""The contract that every agency offers besides its own: its access log, which can be compared with the ledger."""

OPERATORS = "VN/GOV/G22/operations"
"""The subsystem as which operators call; it may read the access log of every agency."""


def add_agencies(registry: Registry, parts: Sequence[Part], addresses: Mapping[str, str]) -> tuple[Registry, list[str]]:
    """The registry with these agencies, and what was left out; ``addresses`` are those of their subsystems.

    A grant is left out when its consumer or its provider is not in this exchange. Raises RegistryError for an agency of
    a member that the registry does not have, and for a malformed grant.
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
    """The grants in a list of the part; ``whose`` is the agency's role in them, provider or consumer.

    An entry that does not name one of the agency's subsystems counts for each of them.
    """
    grants = []
    for number, entry in enumerate(getattr(part, where)):
        for subsystem in [entry[whose]] if whose in entry else part.subsystems:
            fields = {**entry, whose: subsystem, "id": _id(part, str(entry.get("id", "")), subsystem, whose in entry)}
            if whose == "provider" and len(part.contracts) == 1:
                fields.setdefault("contract", part.contracts[0])
            try:
                grants.append(msgspec.convert(fields, Grant))
            except msgspec.ValidationError as error:
                raise RegistryError(f"{_place(part)}: {where}[{number}]: {error}") from error
    return grants


def _of_operators(part: Part) -> list[Grant]:
    """Grants for the operators to read the access log of an agency."""
    return [
        Grant(_id(part, f"operations-{part.label}", subsystem), OPERATORS, subsystem, ACCESS_LOG, ["*"])
        for subsystem in part.subsystems
    ]


def _id(part: Part, name: str, subsystem: str, named: bool = False) -> str:
    """The id of a grant; when several subsystems each have this grant, with the code of the member."""
    alone = named or len(part.subsystems) == 1
    return name if alone else f"{name}-{member_of(subsystem).rpartition('/')[2]}"


def _place(part: Part) -> str:
    return f"{part.name}/{FILE}"
