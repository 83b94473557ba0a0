"""Which settings the store needs, so that a record survives what was promised (docs/decisions/0012-durability.md)."""

from collections.abc import Mapping

import redis

from gateway.settings import Durability
from gateway.store import Store

QUESTION = ("CONFIG", "GET", "append*")
FORBIDDEN = ("NOPERM", "ERR unknown command")
"""How a store answers when its operator forbids the question; then it is trusted."""

_NEEDED = {"everysec": {"appendonly": "yes"}, "always": {"appendonly": "yes", "appendfsync": "always"}}


async def lacks(store: Store, promise: Durability) -> str:
    """Asks the store which settings it lacks; empty when none. Raises ``redis.RedisError`` when it does not answer."""
    try:
        return wanting(promise, await store.config_get("append*"))
    except redis.ResponseError:
        return ""


def wanting(promise: Durability, settings: Mapping[str, str]) -> str:
    """Which of these settings of a store are wrong, and what to do about it; empty when they suffice."""
    lacking = {name: value for name, value in _NEEDED[promise].items() if settings.get(name, value) != value}
    if not lacking:
        return ""
    found = " and ".join(f"{name} {settings[name]}" for name in lacking)
    needed = " and ".join(f"{name} {value}" for name, value in lacking.items())
    less = ", or set NDXP_DURABILITY=everysec, which needs less" if "appendonly" not in lacking else ""
    return (
        f"the store has {found}, NDXP_DURABILITY={promise} needs {needed}: no call is taken until it is changed, "
        f"by CONFIG SET and in the store's configuration{less}"
    )
