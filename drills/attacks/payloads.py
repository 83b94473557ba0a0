"""Payloads: malformed messages, wrong lengths, and messages that grow when they are decompressed."""

import gzip
import random
from functools import cache, partial

import grpc

from drills.attacks.attack import Attack
from drills.attacks.target import SERVICE, VERIFY, Outcome, Target, call, somebody
from drills.attacks.wire import Pair, Wire

_BATCH = f"{SERVICE}/BatchVerifyCitizens"
_NO_MESSAGE = ("INVALID_ARGUMENT MALFORMED_MESSAGE",)
_NO_CITIZEN = (*_NO_MESSAGE, "INVALID_ARGUMENT CITIZEN_NUMBER_MALFORMED")
_UNPACKED = ("UNIMPLEMENTED", "INTERNAL", "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED MESSAGE_TOO_LARGE")
_OPEN = ("open", *_UNPACKED, "RST_STREAM CANCEL", "CANCELLED")
_MALFORMED = "INTERNAL REQUEST_MALFORMED"
_NO_TOKEN = "UNAUTHENTICATED TOKEN_MISSING"
_GIB, _BOMB, _LIMIT = 1 << 30, 100_000_000, 16 * 1024 * 1024

_LARGE = (("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1))
_PACKED = (*_LARGE, ("grpc.default_compression_algorithm", grpc.Compression.Gzip.value))


def attacks(_: Target) -> list[Attack]:
    """All of them. The gateway reads no messages: the agency's gRPC must refuse malformed ones."""
    encoded: Pair = ("grpc-encoding", "gzip")
    return [
        Attack("a message cut off", _cut, _NO_MESSAGE),
        Attack("noise", _noise, _NO_CITIZEN),
        Attack("text that is no UTF-8", partial(_send, b"\x0a\x02\xff\xfe"), _NO_MESSAGE),
        Attack("a field that says 1 GiB", partial(_send, b"\x0a\x80\x80\x80\x80\x04abc"), _NO_MESSAGE),
        Attack("10,000 groups in one another", partial(_send, b"\xc3\x3e" * 10_000), _NO_MESSAGE),
        Attack("10,000 messages in one another", _nested, _NO_MESSAGE),
        Attack("a number of 20 bytes", partial(_send, b"\x08" + b"\xff" * 20), _NO_MESSAGE),
        Attack("a million empty fields", partial(_send, b"\xfa\x3e\x00" * 1_000_000), _NO_CITIZEN),
        Attack("nothing", partial(_send, b""), _NO_CITIZEN),
        Attack("a length of 1 GiB", partial(_framed, b"abc", _GIB, 0), _OPEN),
        Attack("a length of 4 GiB", partial(_framed, b"abc", 0xFFFFFFFF, 0), _OPEN),
        Attack("a byte too few", partial(_framed, b"abc", 2, 0), (_MALFORMED,), recorded=True),
        Attack("32 MB and a byte", partial(_sized, 2 * _LIMIT + 1), _UNPACKED),
        Attack("16 MB and a byte", partial(_sized, _LIMIT + 1), _UNPACKED),
        Attack("compressed without an encoding", partial(_framed, gzip.compress(somebody()), None, 1), _OPEN),
        Attack("an unknown flag", partial(_framed, somebody(), None, 7), (*_NO_CITIZEN, *_OPEN)),
        Attack("an unknown encoding", partial(_framed, somebody(), None, 1, ("grpc-encoding", "lzma")), _UNPACKED),
        Attack("gzip that is none", partial(_framed, b"\x1f\x8b" + bytes(100), None, 1, encoded), _UNPACKED),
        Attack("100 MB of zeros in gzip", partial(_bomb, VERIFY), _UNPACKED),
        Attack("100 MB of zeros in gzip, in a stream", partial(_bomb, _BATCH), _UNPACKED),
        Attack("100 MB of zeros in gzip, no token", partial(_bomb, ""), (*_UNPACKED, _NO_TOKEN)),
    ]


def _send(payload: bytes, target: Target, _: random.Random) -> Outcome:
    return call(target.state.gateway, VERIFY, payload, target.identity())


def _cut(target: Target, source: random.Random) -> Outcome:
    whole = somebody()
    return _send(whole[: source.choice((1, 5, len(whole) - 1))], target, source)


def _noise(target: Target, source: random.Random) -> Outcome:
    return _send(source.randbytes(source.randint(20, 2000)), target, source)


def _nested(target: Target, source: random.Random) -> Outcome:
    payload = b""
    for _ in range(10_000):
        payload = b"\x7a" + _varint(len(payload)) + payload  # field 15, which no request has
    return _send(payload[:-1], target, source)


def _sized(size: int, target: Target, _: random.Random) -> Outcome:
    return call(target.state.gateway, VERIFY, bytes(size), target.identity(), options=_LARGE)


def _framed(payload: bytes, length: int | None, flag: int, *given: Pair | Target | random.Random) -> Outcome:
    *pairs, target, _ = given
    assert isinstance(target, Target)  # noqa: S101 - how the drill calls
    with Wire(target.state.gateway) as wire:
        wire.request(1, f"/{VERIFY}", target.identity(), *pairs)  # type: ignore[arg-type]
        wire.message(1, payload, compressed=flag, length=length)
        return wire.outcome(seconds=3)


def _bomb(method: str, target: Target, _: random.Random) -> Outcome:
    identity = [target.identity()] if method else []
    return call(target.state.gateway, method or VERIFY, _zeros(), *identity, options=_PACKED)


@cache
def _zeros() -> bytes:
    return bytes(_BOMB)


def _varint(number: int) -> bytes:
    head = b""
    while number > 0x7F:
        head += bytes([number & 0x7F | 0x80])
        number >>= 7
    return head + bytes([number])
