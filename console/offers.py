"""What an exchange offers to be tried: contracts with their providers and methods, and who has a grant for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from console.matrix import Grant, Member, rows


@dataclass(slots=True)
class Offer:
    """A contract with its methods, and all who provide it."""

    contract: str
    methods: dict[str, Any]
    providers: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asker:
    """A consumer with the first grant that names it for a method."""

    consumer: str
    grant: Grant

    @property
    def purpose(self) -> str:
        """A purpose for which the grant is; empty when it asks for none."""
        return next(iter(self.grant["purposes"]), "")


def offers(services: Iterable[dict[str, Any]]) -> list[Offer]:
    """The contracts whose methods the exchange knows, by name."""
    found = dict[str, Offer]()
    for service in services:
        if service["methods"]:
            offer = found.setdefault(service["contract"], Offer(service["contract"], service["methods"]))
            offer.providers.append(service["provider"])
    for offer in found.values():
        offer.providers.sort()
    return [found[name] for name in sorted(found)]


def askers(offer: Offer, method: str, provider: str, members: Iterable[Member], grants: Iterable[Grant]) -> list[Asker]:
    """Who has a grant for a method of a provider."""
    service = {"provider": provider, "contract": offer.contract, "methods": offer.methods}
    return [Asker(row.consumer, row.grants[method][0]) for row in rows(service, members, grants) if row.grants[method]]


def differing(known: Sequence[Asker], most: int) -> list[Asker]:
    """Askers to whom different fields are released, as far as there are such, then any others."""
    by_fields = {tuple(each.grant["fields"]): each for each in reversed(known)}
    first = [each for each in known if by_fields[tuple(each.grant["fields"])] is each]
    return [*first, *(each for each in known if each not in first)][:most]
