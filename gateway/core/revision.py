"""What a new version of the exchange file changes, beside what was changed at run time."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from gateway.core.registry import Registry, Service

_Entry = TypeVar("_Entry", bound=msgspec.Struct)


def revised(current: Registry, before: Registry, file: Registry) -> Registry:
    """The registry after a file has taken the place of the one ``before``, which was the last that was taken.

    What the file says anew, or says no more, holds. Everything else stays as it is by now: what was added, changed and
    removed at run time. Whatever was disabled at run time stays disabled. The result is not checked.
    """
    return Registry(
        instance=file.instance,
        members=_of(current.members, before.members, file.members),
        services=_of(current.services, before.services, file.services),
        grants=_of(current.grants, before.grants, file.grants),
        quotas=_merged(current.quotas, before.quotas, file.quotas),
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
        if before.get(key) != entry:
            merged[key] = _disabled(entry, current.get(key), before.get(key))
        elif key in current:
            merged[key] = current[key]
    return merged | {key: entry for key, entry in current.items() if key not in before and key not in file}


def _disabled(entry: _Entry, now: _Entry | None, before: _Entry | None) -> _Entry:
    """What the file says of it, still disabled if it is so since the file that was there before."""
    at_run_time = getattr(now, "disabled", False) and not getattr(before, "disabled", False)
    return msgspec.structs.replace(entry, disabled=True) if at_run_time else entry
