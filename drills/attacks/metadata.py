"""Metadata: unknown, repeated, forged, malformed, too large."""

import random
from functools import partial

from drills.attacks.attack import Act, Attack
from drills.attacks.target import CLIENT, OTHER, VERIFY, Outcome, Target, call, somebody
from drills.attacks.wire import Pair, ask
from ndxp.wire import metadata
from ndxp.wire.assertion import Assertion, sign

_INVALID = "INVALID_ARGUMENT INVALID_METADATA"
_UNKNOWN = "NOT_FOUND UNKNOWN_PROVIDER"
_NO_HTTP2 = "RST_STREAM PROTOCOL_ERROR"
"""The answers of RFC 9113 to an invalid header list, whose sender is unknown."""

_OVERSIZE = (
    _INVALID,
    "RESOURCE_EXHAUSTED",
    "RESOURCE_EXHAUSTED METADATA_TOO_LARGE",
    "RST_STREAM ENHANCE_YOUR_CALM",
    "RST_STREAM PROTOCOL_ERROR",
)


def attacks(_: Target) -> list[Attack]:
    """All of them."""
    purpose = metadata.PURPOSE
    refused: dict[str, Act] = {
        "an unknown key": partial(_with, ("x-ndxp-role", "operator")),
        "an unknown binary key": partial(_with, ("x-ndxp-role-bin", b"operator")),
        "a forged assertion": _forged_assertion,
        "a forged transaction id": partial(_with, (metadata.TRANSACTION_ID, "01900000-0000-7000-8000-000000000000")),
        "a forged origin": partial(_with, (metadata.ERROR_ORIGIN, "provider")),
        "a forged subject": partial(_with, (metadata.SUBJECT, "0" * 32)),
        "another member's name": partial(_with, (metadata.CLIENT, OTHER)),
        "a path where there are none": partial(_with, (metadata.PATH, "/clinic/patients/7")),
        "no path where there must be one": _rest,
        "a path to the folder above": partial(_rest, (metadata.PATH, "/clinic/%2E%2E/admin")),
        "a path with an encoded slash": partial(_rest, (metadata.PATH, "/clinic/patients%2F7")),
        "two paths": partial(_rest, (metadata.PATH, "/clinic/a"), (metadata.PATH, "/clinic/b")),
        "a path of 1025 characters": partial(_rest, (metadata.PATH, "/clinic/" + "a" * 1017)),
        "a key twice": partial(_with, (purpose, "care"), (purpose, "tax")),
        "two numbers of earlier attempts": partial(
            _with, (metadata.ATTEMPTS_BEFORE, "1"), (metadata.ATTEMPTS_BEFORE, "2")
        ),
        "a client's name twice": partial(_with, (metadata.CLIENT, CLIENT), (metadata.CLIENT, OTHER)),
        "a value of 257 characters": partial(_with, (purpose, "a" * 257)),
        "an escape sequence in a value": partial(_raw, (metadata.USER_ID, "\x1b[2J\x1b[31mofficer")),
        "UTF-8 in a value": partial(_raw, (metadata.ISSUE, "hồ sơ".encode())),
        "no UTF-8 in a value": partial(_raw, (metadata.ISSUE, b"\xff\xfe")),
        "no ASCII in a foreign value": partial(_raw, ("x-else", b"\xff\xfe")),
    }
    malformed = {
        "a line break in a value": (purpose, "care\r\nx-ndxp-role: operator"),
        "a NUL in a value": (metadata.USER_ID, "officer\0"),
        "a line break in a foreign value": ("x-else", "a\r\nb: c"),
        "a key in capitals": ("X-NDXP-PURPOSE", "care"),
        "a key with a space": ("x else", "a"),
    }
    made = [Attack(name, act, (_INVALID,), recorded=True) for name, act in refused.items()]
    made += [Attack(name, partial(_raw, pair), (_NO_HTTP2,)) for name, pair in malformed.items()]
    return [
        *made,
        Attack("a provider that is a path", partial(_with, (metadata.SERVICE, "../V")), (_UNKNOWN,), recorded=True),
        Attack("1000 keys", partial(_with, *((f"x-{n}", "a" * 20) for n in range(1000))), _OVERSIZE),
        Attack("a value of 64 kB", _oversize, _OVERSIZE),
        Attack("a deadline that is no number", partial(_raw, ("grpc-timeout", "soon")), (_INVALID,), recorded=True),
    ]


def _with(*given: metadata.Pair | Target | random.Random) -> Outcome:
    *pairs, target, _ = given
    assert isinstance(target, Target)  # noqa: S101 - how the drill calls
    return call(target.state.gateway, VERIFY, somebody(), target.identity(), *pairs)  # type: ignore[arg-type]


def _rest(*given: Pair | Target | random.Random) -> Outcome:
    """A call of a REST service with these pairs."""
    *pairs, target, _ = given
    assert isinstance(target, Target)  # noqa: S101 - how the drill calls
    return ask(target.state.gateway, "/ndxp.rest.v1.RestService/Get", b"", target.identity(), *pairs)  # type: ignore[arg-type]


def _raw(pair: Pair, target: Target, _: random.Random) -> Outcome:
    return ask(target.state.gateway, f"/{VERIFY}", somebody(), target.identity(), pair)


def _forged_assertion(target: Target, source: random.Random) -> Outcome:
    assertion = Assertion(CLIENT, "VN/GOV/G01/population", VERIFY, "01900000-0000-7000-8000-000000000000")
    return _with((metadata.ASSERTION, sign(assertion, source.randbytes(32))), target, source)


def _oversize(target: Target, source: random.Random) -> Outcome:
    return _with(("x-else", source.randbytes(32768).hex()), target, source)
