"""What the store must be set to, so that a record outlives what was promised (docs/decisions/0012-durability.md)."""

from collections.abc import Mapping

import redis

from gateway.settings import Durability
from gateway.store import Store

QUESTION = ("CONFIG", "GET", "append*")
FORBIDDEN = ("NOPERM", "ERR unknown command")
"""How a store answers the question that may not be asked it; it is believed."""

_NEEDED = {"everysec": {"appendonly": "yes"}, "always": {"appendonly": "yes", "appendfsync": "always"}}


async def lacks(store: Store, promise: Durability) -> str:
    """Asks the store; what it lacks, empty when nothing. Raises ``redis.RedisError`` when it does not answer."""
    try:
        return wanting(promise, await store.config_get("append*"))
    except redis.ResponseError:
        return ""


def wanting(promise: Durability, settings: Mapping[str, str]) -> str:
    """What these settings of a store lack, and what to do about it; empty when they suffice."""
    lacking = {name: value for name, value in _NEEDED[promise].items() if settings.get(name, value) != value}
    if not lacking:
        return ""
    found = " and ".join(f"{name} {settings[name]}" for name in lacking)
    needed = " and ".join(f"{name} {value}" for name, value in lacking.items())
    less = ", or ask less of it: NDXP_DURABILITY=everysec" if "appendonly" not in lacking else ""
    return (
        f"the store has {found}, NDXP_DURABILITY={promise} needs {needed}: no call is taken until it is changed, "
        f"by CONFIG SET and in the store's configuration{less}"
    )
