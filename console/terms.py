"""The terms of a grant, or of a request for one, with their names."""

from typing import Any

from console.texts import Texts

_LISTS = {"purposes": "grant.purposes", "paths": "grant.paths", "fields": "grant.fields"}
_WORDS = {"valid_from": "grant.valid_from", "valid_until": "grant.valid_until", "basis": "grant.basis"}


def terms(grant: dict[str, Any], texts: Texts) -> list[tuple[str, str]]:
    """What the grant demands and releases; empty for one without terms."""
    lists = [(texts(key), ", ".join(grant[name])) for name, key in _LISTS.items()]
    words = [(texts(key), grant.get(name, "")) for name, key in _WORDS.items()]
    return [(name, value) for name, value in (*lists, *words) if value]
