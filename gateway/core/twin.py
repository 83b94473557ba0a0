"""Adds a twin, a subsystem that may call what another one of its member may; removes subsystems and members."""

from msgspec.structs import replace

from gateway.core.registry import Grant, Member, Registry, RegistryError, Snapshot

_LONGEST_GRANT_ID = 100


def with_twin(registry: Registry, subsystem: str, name: str) -> Registry:
    """The registry with a twin of a subsystem, called ``name``: with its grants and its quota.

    Grants to the member, or to a group of it, hold for the twin already; the others are copied. Raises RegistryError.
    """
    snapshot = Snapshot(registry, {})
    member = snapshot.subsystems.get(subsystem)
    if member is None:
        raise RegistryError(f"{subsystem[:200]!r} is no subsystem of this exchange; see `ndxp members`")
    twin = f"{member.id}/{name}"
    if twin in snapshot.subsystems:
        raise RegistryError(f"{twin} is on this exchange already")
    after = _with_subsystems(registry, member, [*member.subsystems, name])
    own, theirs = Snapshot(after, {}).consumers(twin), snapshot.consumers(subsystem)
    copied = [
        replace(grant, id=_id(grant, name), consumer=twin)
        for grant in registry.grants
        if grant.consumer in theirs and grant.consumer not in own
    ]
    quotas = {twin: registry.quotas[subsystem]} if subsystem in registry.quotas else {}
    return replace(after, grants=[*registry.grants, *copied], quotas=registry.quotas | quotas)


def without_subsystem(registry: Registry, subsystem: str) -> Registry:
    """The registry without a subsystem that offers nothing, and without its own grants, quota and faults.

    Raises RegistryError.
    """
    member = Snapshot(registry, {}).subsystems.get(subsystem)
    if member is None:
        raise RegistryError(f"{subsystem[:200]!r} is no subsystem of this exchange; see `ndxp members`")
    if offered := [service.contract for service in registry.services if service.provider == subsystem]:
        raise RegistryError(f"{subsystem} offers {offered[0]}; remove that service first")
    name = subsystem.rpartition("/")[2]
    after = _with_subsystems(registry, member, [each for each in member.subsystems if each != name])
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


def _with_subsystems(registry: Registry, member: Member, names: list[str]) -> Registry:
    changed = replace(member, subsystems=names)
    return replace(registry, members=[changed if each is member else each for each in registry.members])


def _id(grant: Grant, name: str) -> str:
    """The id of a copied grant, which says whose copy it is."""
    return f"{grant.id[: _LONGEST_GRANT_ID - len(name) - 1]}.{name}"
