"""The connection to the store, which speaks the Redis protocol (Redis or Valkey)."""

from typing import Any, TypeAlias

import redis.asyncio as redis

Store: TypeAlias = Any
"""A ``redis.asyncio.Redis``; redis-py types each answer as that of the blocking and of the asyncio client at once."""

STREAM = "ndxp:journal"
"""The stream that is the journal: whoever decides appends records, the recorder takes them out."""


def connect(url: str) -> Store:
    """Connects at the first command; commands raise ``redis.RedisError`` while the store is away."""
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, protocol=2)


def subscriber(url: str) -> Store:
    """A connection that waits for announcements, however long; the system notices when the store's host is gone."""
    noticing = {} if url.startswith("unix:") else {"socket_keepalive": True}
    return redis.Redis.from_url(url, socket_connect_timeout=2, protocol=2, **noticing)
