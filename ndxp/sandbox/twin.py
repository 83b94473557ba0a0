"""A twin of a subsystem, for one test or one lab: it may call what the other may, and nobody else uses it."""

from collections.abc import Iterable, Sequence
from typing import Any

from ndxp.admin import AdminApi
from ndxp.identifiers import in_slashes, member_of

_AT_ONCE = 20
"""Control does nothing else while it adds or removes so many."""

_PATIENCE = 60.0


def add_twin(admin: AdminApi, of: str, name: str) -> dict[str, str]:
    """Adds a twin of a subsystem; gives its secret by its identifier. Raises AdminRefused."""
    body = {"subsystem": in_slashes(of), "name": name}
    secrets: dict[str, str] = admin.send("POST", "/members/subsystems/twin", body=body)["credentials"]
    return secrets


def add_twins(admin: AdminApi, wanted: Sequence[tuple[str, str]], **quota: float) -> list[str]:
    """Adds twins of subsystems, each with its name; gives their identifiers in the same order. Raises AdminRefused.

    ``quota`` is ``rate`` and ``burst`` for each of them, in place of the other's.
    """
    for some in _parts(wanted):
        body = [{"subsystem": in_slashes(of), "name": name, **quota} for of, name in some]
        admin.send("POST", "/members/subsystems/twins", body=body, patience=_PATIENCE)
    return [f"{member_of(in_slashes(of))}/{name}" for of, name in wanted]


def remove_twins(admin: AdminApi, subsystems: Iterable[str]) -> None:
    """Removes twins with their grants, quotas and faults. Raises AdminRefused."""
    for some in _parts(list(subsystems)):
        admin.send("DELETE", "/members/subsystems", query={"subsystem": some}, patience=_PATIENCE)


def _parts(of: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (of[at : at + _AT_ONCE] for at in range(0, len(of), _AT_ONCE))
