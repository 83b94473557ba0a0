"""Applies a new version of the exchange file to a registry that was also changed at run time."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from gateway.core.registry import Registry, Service

_Entry = TypeVar("_Entry", bound=msgspec.Struct)


def revised(current: Registry, before: Registry, file: Registry) -> Registry:
    """The registry after a new file; ``before`` is the file that was taken last.

    Fields that the new file adds, changes or removes are taken from it. Everything else stays as it is, with what was
    added, changed, disabled and removed at run time. The result is not checked.
    """
    return Registry(
        instance=file.instance,
        members=_of(current.members, before.members, file.members),
        services=_of(current.services, before.services, file.services),
        grants=_of(current.grants, before.grants, file.grants),
        quotas=_merged(current.quotas, before.quotas, file.quotas),
        faults=_of(current.faults, before.faults, file.faults),
    )


def _of(current: Iterable[_Entry], before: Iterable[_Entry], file: Iterable[_Entry]) -> list[_Entry]:
    return list(_merged(_by_key(current), _by_key(before), _by_key(file)).values())


def _by_key(entries: Iterable[_Entry]) -> dict[object, _Entry]:
    return {_key(entry): entry for entry in entries}


def _key(entry: Any) -> object:
    return (entry.provider, entry.contract) if isinstance(entry, Service) else entry.id


def _merged(
    current: Mapping[Any, _Entry], before: Mapping[Any, _Entry], file: Mapping[Any, _Entry]
) -> dict[Any, _Entry]:
    merged = {}
    for key, entry in file.items():
        if key not in before:
            merged[key] = _new(entry, current.get(key))
        elif key in current:
            merged[key] = _changed(current[key], before[key], entry)
    return merged | {key: entry for key, entry in current.items() if key not in before and key not in file}


def _new(entry: _Entry, now: _Entry | None) -> _Entry:
    return msgspec.structs.replace(entry, disabled=True) if getattr(now, "disabled", False) else entry


def _changed(now: _Entry, before: _Entry, file: _Entry) -> _Entry:
    """The present entry, with those fields from the file that differ from the last file."""
    fields = [f for f in file.__struct_fields__ if getattr(file, f) != getattr(before, f)]
    return msgspec.structs.replace(now, **{field: getattr(file, field) for field in fields})
