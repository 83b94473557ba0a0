"""The matrix of one service: which grants name which consumer and method in the registry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

Grant: TypeAlias = dict[str, Any]
Member: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A consumer and the grants that name it for each method, most often one; the gateway decides by their terms."""

    consumer: str
    grants: dict[str, list[Grant]]


def rows(service: dict[str, Any], members: Iterable[Member], grants: Iterable[Grant]) -> list[Row]:
    """A row for each subsystem, those that have a grant first."""
    own = [g for g in grants if (g["provider"], g["contract"]) == (service["provider"], service["contract"])]
    made = [_row(member, name, service["methods"], own) for member in members for name in member["subsystems"]]
    return sorted(made, key=lambda row: (not any(row.grants.values()), row.consumer))


def _row(member: Member, subsystem: str, methods: Iterable[str], grants: Sequence[Grant]) -> Row:
    included = consumers(member, subsystem)
    mine = [grant for grant in grants if grant["consumer"] in included]
    covered = {
        method: [grant for grant in mine if any(fnmatchcase(method, pattern) for pattern in grant["methods"])]
        for method in methods
    }
    return Row(f"{member['id']}/{subsystem}", covered)


def consumers(member: Member, subsystem: str) -> set[str]:
    """The names by which a grant can include a subsystem, or the one that it is a twin of."""
    of = member["twins"].get(subsystem)
    return names_of(member, subsystem) | (consumers(member, of) if of else set())


def names_of(member: Member, subsystem: str) -> set[str]:
    """The names that mean a subsystem: its own, its member's, and those of its member's groups."""
    groups = [f"group:{name}" for name in ("all", *member["groups"])]
    return {f"{member['id']}/{subsystem}", member["id"], *groups, *(f"{group}/{subsystem}" for group in groups)}
