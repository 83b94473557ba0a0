"""Adds a twin, a subsystem that may call what another one of its member may; removes subsystems and members."""

from msgspec.structs import replace

from gateway.core.registry import Member, Quota, Registry, RegistryError
from ndxp.identifiers import member_of


def with_twin(registry: Registry, subsystem: str, name: str, quota: Quota | None = None) -> Registry:
    """The registry with a twin of a subsystem, called ``name``; it has a quota of its own if one is given.

    Raises RegistryError.
    """
    member, of = _found(registry, subsystem)
    twin = f"{member.id}/{name}"
    if name in member.subsystems:
        raise RegistryError(f"{twin} is on this exchange already")
    after = _with_member(
        registry, replace(member, subsystems=[*member.subsystems, name], twins={**member.twins, name: of})
    )
    return replace(after, quotas={**registry.quotas, twin: quota}) if quota else after


def without_subsystem(registry: Registry, subsystem: str) -> Registry:
    """The registry without a subsystem that offers nothing, and without its own grants, quota and faults.

    A twin of it stays, and has only what is its own. Raises RegistryError.
    """
    member, name = _found(registry, subsystem)
    if offered := [service.contract for service in registry.services if service.provider == subsystem]:
        raise RegistryError(f"{subsystem} offers {offered[0]}; remove that service first")
    after = _with_member(
        registry,
        replace(
            member,
            subsystems=[each for each in member.subsystems if each != name],
            twins={twin: of for twin, of in member.twins.items() if name not in (twin, of)},
        ),
    )
    return replace(
        after,
        grants=[grant for grant in registry.grants if subsystem not in (grant.consumer, grant.provider)],
        quotas={consumer: quota for consumer, quota in registry.quotas.items() if consumer != subsystem},
        faults=[fault for fault in registry.faults if fault.consumer != subsystem],
    )


def without_member(registry: Registry, member_id: str) -> Registry:
    """The registry without a member that offers nothing, and without the grants, quotas and faults that name it.

    Raises RegistryError.
    """
    member = next((each for each in registry.members if each.id == member_id), None)
    if member is None:
        raise RegistryError(f"{member_id[:200]!r} is no member of this exchange; see `ndxp members`")
    after = registry
    for name in member.subsystems:
        after = without_subsystem(after, f"{member_id}/{name}")
    return replace(
        after,
        members=[each for each in after.members if each.id != member_id],
        grants=[grant for grant in after.grants if grant.consumer != member_id],
        quotas={consumer: quota for consumer, quota in after.quotas.items() if consumer != member_id},
        faults=[fault for fault in after.faults if member_id not in (fault.consumer, fault.provider)],
    )


def _found(registry: Registry, subsystem: str) -> tuple[Member, str]:
    """The member of a subsystem, and the subsystem's name in it. Raises RegistryError."""
    member_id, name = member_of(subsystem), subsystem.rpartition("/")[2]
    for member in registry.members:
        if member.id == member_id and name in member.subsystems:
            return member, name
    raise RegistryError(f"{subsystem[:200]!r} is no subsystem of this exchange; see `ndxp members`")


def _with_member(registry: Registry, changed: Member) -> Registry:
    return replace(registry, members=[changed if each.id == changed.id else each for each in registry.members])
