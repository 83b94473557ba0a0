"""Attacks on an agency's own port, without the gateway."""

import hashlib
import json
import random
import time
from functools import partial
from typing import Any
from uuid import uuid4

import jwt

from drills.attacks.attack import Attack
from drills.attacks.target import CLIENT, GET, POPULATION, VERIFY, Outcome, Target, call, somebody
from drills.attacks.wire import Wire
from ndxp.wire import metadata
from ndxp.wire.assertion import Assertion, key_of, message_mark, sign

_ONLY = ("PERMISSION_DENIED GATEWAY_ONLY",)
_PASSPORTS = "VN/GOV/G01/passports"
_REFLECTION = "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


def attacks(_: Target) -> list[Attack]:
    """All of them. Assertions with wrong claims are signed with the agency's real key."""
    now = int(time.time())
    wrong: dict[str, dict[str, Any]] = {
        "made for another agency": {"aud": _PASSPORTS},
        "made for another method": {"mth": GET},
        "made for another message": {"msg": message_mark(hashlib.sha256(b"another").digest())},
        "of another issuer": {"iss": "ndxp:control"},
        "expired": {"exp": now - 60},
        "of a day": {"exp": now + 86400},
        "without an end": {"exp": None},
        "without a transaction": {"jti": None},
        "without a client": {"sub": None},
        "whose transaction is no text": {"jti": ["a"]},
        "whose method is no text": {"mth": {"a": 1}},
    }
    return [
        Attack("no assertion", partial(_direct, ()), _ONLY),
        Attack("a token instead", _token, _ONLY),
        Attack("an assertion signed with another key", _other_key, _ONLY),
        Attack("an assertion signed with the agency's name", _name_as_key, _ONLY),
        Attack("alg none", _unsigned, _ONLY),
        Attack("noise", _noise, _ONLY),
        Attack("two assertions", _two, _ONLY),
        Attack("an assertion of another agency", _of_another, _ONLY),
        *(Attack(f"an assertion {name}", partial(_saying, claims), _ONLY) for name, claims in wrong.items()),
        Attack("an assertion again", _replayed, _ONLY),
        Attack("a stranger's malformed message", partial(_direct, (), b"\xff" * 50), _ONLY),
        Attack("reflection", _reflection, _ONLY),
        Attack("a path that is no UTF-8", _path, ("UNIMPLEMENTED",)),
    ]


def _direct(pairs: tuple[metadata.Pair, ...], *given: bytes | Target | random.Random) -> Outcome:
    *payload, target, _ = given
    assert isinstance(target, Target)  # noqa: S101 - how the drill calls
    message = payload[0] if payload else somebody()
    return call(target.address(POPULATION), VERIFY, message, *pairs)  # type: ignore[arg-type]


def _present(target: Target, *assertions: str) -> Outcome:
    pairs = tuple((metadata.ASSERTION, assertion) for assertion in assertions)
    return call(target.address(POPULATION), VERIFY, somebody(), *pairs)


def _key(target: Target, subsystem: str = POPULATION) -> bytes:
    return key_of(target.secret(subsystem))


def _good(method: str = VERIFY) -> Assertion:
    return Assertion(
        CLIENT, POPULATION, method, str(uuid4()), message=message_mark(hashlib.sha256(somebody()).digest())
    )


def _claims() -> dict[str, Any]:
    return jwt.decode(sign(_good(), b""), options={"verify_signature": False})


def _saying(wrong: dict[str, Any], target: Target, _: random.Random) -> Outcome:
    claims = {name: value for name, value in {**_claims(), **wrong}.items() if value is not None}
    return _present(target, _encode(claims, _key(target)))


def _token(target: Target, _: random.Random) -> Outcome:
    return call(target.address(POPULATION), VERIFY, somebody(), target.identity())


def _other_key(target: Target, source: random.Random) -> Outcome:
    return _present(target, sign(_good(), source.randbytes(32)))


def _name_as_key(target: Target, _: random.Random) -> Outcome:
    return _present(target, sign(_good(), key_of(POPULATION)))


def _unsigned(target: Target, _: random.Random) -> Outcome:
    return _present(target, jwt.encode(_claims(), "", algorithm="none"))


def _noise(target: Target, source: random.Random) -> Outcome:
    return _present(target, "".join(chr(source.randint(33, 126)) for _ in range(source.randint(1, 500))))


def _two(target: Target, _: random.Random) -> Outcome:
    return _present(target, sign(_good(), _key(target)), sign(_good(), _key(target)))


def _of_another(target: Target, _: random.Random) -> Outcome:
    return _present(target, sign(_good(), _key(target, _PASSPORTS)))


def _replayed(target: Target, _: random.Random) -> Outcome:
    assertion = sign(_good(), _key(target))
    first = _present(target, assertion)
    return _present(target, assertion) if first.reply == "OK" else Outcome(f"the first time: {first.reply}")


def _reflection(target: Target, _: random.Random) -> Outcome:
    return call(target.address(POPULATION), _REFLECTION, b"\x3a\x00")


def _path(target: Target, source: random.Random) -> Outcome:
    with Wire(target.address(POPULATION)) as wire:
        wire.request(1, b"/" + source.randbytes(20) + b"\xff")
        wire.message(1, b"")
        reply = wire.outcome().reply
    alive = call(target.address(POPULATION), VERIFY, somebody()).reply
    return Outcome(reply if alive in _ONLY else f"then others get {alive}")


def _encode(claims: dict[str, Any], key: bytes) -> str:
    return jwt.api_jws.PyJWS().encode(json.dumps(claims).encode(), key, "HS256")
