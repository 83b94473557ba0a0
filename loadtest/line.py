"""The connection between Locust's process and the process that calls: the order, and messages with their length."""

from typing import Any

import msgspec

from loadtest.arrivals import Curve
from loadtest.profiles import Profile

GRACE = 10.0
"""Seconds after the deadline of the last call within which its end is known, also on a busy machine."""

LENGTH = 4
"""Bytes before each message: its length, big endian."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The order for a run: the profile with its changes, and the exchange to call."""

    profile: Profile
    curve: Curve
    compress: float
    seed: int
    gateway: str
    doors: str = ""
    """URL of the doors for HTTP, if calls go through them; empty for gRPC to the gateway."""
    transactions: str | None
    """File for the transaction ids, one line for each answer: ``ID STATUS METHOD`` ("-" for an answer without id)."""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """The first message: an order, and the run folder of the exchange, which has credentials and certificates."""

    order: Order
    folder: str


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """Calls for Locust's tables: the answers, and the series of dropped calls."""

    answers: list[tuple[str, str, bool, int, float]]
    """Series, status, whether it is a failure, size in bytes, and seconds since the call was due."""
    dropped: list[str]


def frame(message: str, data: Any) -> bytes:
    """A message with its name, ready to be sent."""
    body = msgspec.msgpack.encode((message, data))
    return len(body).to_bytes(LENGTH, "big") + body


def read(body: bytes) -> tuple[str, Any]:
    """Name and data of a message, without its length."""
    message, data = msgspec.msgpack.decode(body, type=tuple[str, Any])
    return message, data
