"""What looks wrong in a consistent registry: names that nothing has, and the name that was probably meant."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches

from gateway.core.endpoints import CONTRACT, code_of
from gateway.core.registry import Registry, pointless

_GROUP = "group:"
_ALIKE = 0.8


def doubts(registry: Registry, contracts: Mapping[str, bytes]) -> list[str]:
    """One sentence for each likely mistake.

    ``contracts`` are those that providers have described, as serialised FileDescriptorSets by full service name.
    """
    return [
        *_groups(registry), *_contracts(registry, contracts), *_grants(registry), *_faults(registry, contracts)
    ]  # fmt: skip


def _groups(registry: Registry) -> Iterator[str]:
    """Groups without a grant that resemble another group or have one member only."""
    granted = {g.consumer[len(_GROUP) :].partition("/")[0] for g in registry.grants if g.consumer.startswith(_GROUP)}
    members = Counter(group for member in registry.members for group in member.groups)
    for member in registry.members:
        for group in member.groups:
            if group in granted:
                continue
            if meant := _meant(group, granted):
                yield f"{member.id} is in the group {group!r}, which no grant names; {meant}"
            elif members[group] == 1:
                yield f"{member.id} is the only one in the group {group!r}, which no grant names"


def _contracts(registry: Registry, contracts: Collection[str]) -> Iterator[str]:
    """Contracts that no provider has described and whose name resembles a described one."""
    for service in registry.services:
        if service.contract not in contracts and (meant := _meant(service.contract, contracts)):
            yield f"{service.provider} offers {service.contract}, which nobody has described; {meant}"


def _grants(registry: Registry) -> Iterator[str]:
    """Grants for what is not offered."""
    offered = {(service.provider, service.contract) for service in registry.services}
    codes = {service.provider: service.rest for service in registry.services if service.rest}
    for grant in registry.grants:
        if (grant.provider, grant.contract) not in offered:
            meant = _meant(grant.contract, {name for provider, name in offered if provider == grant.provider})
            yield f"grant {grant.id} is for {grant.contract}, which {grant.provider} does not offer" + (
                f"; {meant}" if meant else ""
            )
        elif grant.provider in codes and grant.contract == CONTRACT:
            for code in dict.fromkeys(map(code_of, grant.paths)):
                if code not in codes[grant.provider]:
                    meant = _meant(code, codes[grant.provider])
                    yield (
                        f"grant {grant.id} is for the paths of {code!r}, a REST service that {grant.provider} does "
                        + (f"not have; {meant}" if meant else "not have")
                    )


def _faults(registry: Registry, contracts: Mapping[str, bytes]) -> Iterator[str]:
    """Faults that no call can match: those of a file, which is read before contracts are known, and old ones."""
    for fault in registry.faults:
        if wrong := pointless(registry, fault, contracts):
            yield f"fault {fault.id}, {wrong}"


def _meant(name: str, known: Iterable[str]) -> str:
    alike = get_close_matches(name, sorted(known), n=1, cutoff=_ALIKE)
    return f"did you mean {alike[0]!r}?" if alike else ""
