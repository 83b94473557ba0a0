"""What the store must be set to, so that a record outlives what was promised (docs/decisions/0012-durability.md)."""

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
        settings = await store.config_get("append*")
    except redis.ResponseError:
        return ""
    return wanting(
        promise, [word.encode() if isinstance(word, str) else word for pair in settings.items() for word in pair]
    )


def wanting(promise: Durability, reply: object) -> str:
    """What the store's answer to CONFIG GET lacks, and what to do about it; empty when it suffices or says nothing."""
    if not isinstance(reply, list):
        return ""
    words = [word.decode() for word in reply]
    has = dict(zip(words[::2], words[1::2], strict=True))
    lacking = {name: value for name, value in _NEEDED[promise].items() if has.get(name, value) != value}
    if not lacking:
        return ""
    found = " and ".join(f"{name} {has[name]}" for name in lacking)
    needed = " and ".join(f"{name} {value}" for name, value in lacking.items())
    less = ", or ask less of it: NDXP_DURABILITY=everysec" if "appendonly" not in lacking else ""
    return (
        f"the store has {found}, NDXP_DURABILITY={promise} needs {needed}: no call is taken until it is changed, "
        f"by CONFIG SET and in the store's configuration{less}"
    )
