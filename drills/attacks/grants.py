"""Requests for grants: decisions by those who may not decide, too many requests, and requests without sense."""

import random
from functools import partial
from uuid import uuid4

import grpc

from drills.attacks.attack import Attack
from drills.attacks.target import CLIENT, POPULATION, SERVICE, Outcome, Target, call
from ndxp.exchange.v1 import exchange_pb2 as pb
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub

_DIRECTORY = "ndxp.exchange.v1.ExchangeService"
_ASKER = "VN/GOV/G28/lgsp"
"""A member with a request that waits, which nobody here may have decided."""

_UNKNOWN = ("NOT_FOUND GRANT_REQUEST_UNKNOWN",)
_UNFIT = tuple(f"INVALID_ARGUMENT {name}_INVALID" for name in ("TERMS", "METHODS", "TEXT"))
_TOO_LARGE = "RESOURCE_EXHAUSTED"
_IDS = ("", "*", "%", "' OR '1'='1", "../grants", "a\0b", "\x1b[2J", "a" * 100_000)
_WRONG: dict[str, pb.RequestGrantRequest] = {
    "a text of 1 MB": pb.RequestGrantRequest(methods=["GetCitizen"], because="a" * (1 << 20)),
    "no text": pb.RequestGrantRequest(methods=["GetCitizen"]),
    "100,000 methods": pb.RequestGrantRequest(methods=["GetCitizen"] * 100_000, because="a"),
    "1,001 purposes": pb.RequestGrantRequest(methods=["GetCitizen"], purposes=["a"] * 1001, because="a"),
    "100,000 fields": pb.RequestGrantRequest(methods=["GetCitizen"], fields=["citizen"] * 100_000, because="a"),
    "a method that is none": pb.RequestGrantRequest(methods=["../*"], because="a"),
    "a purpose that breaks a line": pb.RequestGrantRequest(methods=["GetCitizen"], purposes=["a\r\nb"], because="a"),
}


def attacks(_: Target) -> list[Attack]:
    """All of them."""
    deciders = {"its asker": _ASKER, "another member": CLIENT, "another provider": "VN/GOV/G24/health-insurance"}
    return [
        *(Attack(f"a request approved by {who}", partial(_approve, name), _UNKNOWN) for who, name in deciders.items()),
        *(Attack(f"a request declined by {who}", partial(_decline, name), _UNKNOWN) for who, name in deciders.items()),
        Attack("a request approved with more", _widen, ("INVALID_ARGUMENT WIDER_THAN_ASKED",)),
        Attack("an id that was guessed", _guess, _UNKNOWN),
        *(Attack(f"an id: {i[:20]!r}", partial(_approve_id, CLIENT, i), (*_UNKNOWN, _TOO_LARGE)) for i in _IDS),
        *(
            Attack(f"a request with {name}", partial(_ask, request), (*_UNFIT, _TOO_LARGE))
            for name, request in _WRONG.items()
        ),
        Attack("five million purposes", _purposes, (_TOO_LARGE,)),
        Attack("noise", _noise, ("INVALID_ARGUMENT MALFORMED_MESSAGE", "INVALID_ARGUMENT REQUEST_ID_MISSING")),
        Attack("more requests than a member may have", _flood, ("RESOURCE_EXHAUSTED TOO_MANY_GRANT_REQUESTS",)),
    ]


def _waiting(target: Target) -> str:
    """The id of the request of _ASKER: it is stored once, however often it is made."""
    with grpc.insecure_channel(target.state.gateway) as channel:
        request = pb.RequestGrantRequest(
            request_id=str(uuid4()), provider=POPULATION, contract=SERVICE, methods=["GetCitizen"],
            fields=["citizen.sex"], because="a drill",
        )  # fmt: skip
        answer: pb.RequestGrantResponse = ExchangeServiceStub(channel).RequestGrant(
            request, metadata=[target.identity(_ASKER)]
        )
    return answer.grant_request.id


def _approve(name: str, target: Target, source: random.Random) -> Outcome:
    return _approve_id(name, _waiting(target), target, source)


def _approve_id(name: str, request_id: str, target: Target, _: random.Random) -> Outcome:
    request = pb.ApproveGrantRequestRequest(request_id=str(uuid4()), id=request_id)
    return _send(target, name, "ApproveGrantRequest", request.SerializeToString())


def _decline(name: str, target: Target, _: random.Random) -> Outcome:
    request = pb.DeclineGrantRequestRequest(request_id=str(uuid4()), id=_waiting(target), reason="a drill")
    return _send(target, name, "DeclineGrantRequest", request.SerializeToString())


def _widen(target: Target, _: random.Random) -> Outcome:
    request = pb.ApproveGrantRequestRequest(request_id=str(uuid4()), id=_waiting(target), fields=["citizen"])
    return _send(target, POPULATION, "ApproveGrantRequest", request.SerializeToString())


def _guess(target: Target, source: random.Random) -> Outcome:
    guessed = "".join(source.choices("abcdefghijklmnopqrstuvwxyz234567", k=26))
    return _approve_id(POPULATION, guessed, target, source)


def _ask(request: pb.RequestGrantRequest, target: Target, _: random.Random) -> Outcome:
    whole = pb.RequestGrantRequest(request_id=str(uuid4()), provider=POPULATION, contract=SERVICE)
    whole.MergeFrom(request)
    return _send(target, CLIENT, "RequestGrant", whole.SerializeToString())


def _purposes(target: Target, _: random.Random) -> Outcome:
    return _send(target, CLIENT, "RequestGrant", b"\x2a\x01a" * 5_000_000)


def _noise(target: Target, source: random.Random) -> Outcome:
    return _send(target, CLIENT, "RequestGrant", source.randbytes(source.randint(20, 2000)))


def _flood(target: Target, source: random.Random) -> Outcome:
    outcome = Outcome("OK")
    for number in range(30):
        wish = pb.RequestGrantRequest(methods=["GetCitizen"], purposes=[f"drill {number}"], because="a drill")
        outcome = _ask(wish, target, source)
        if outcome.reply != "OK":
            break
    return outcome


def _send(target: Target, name: str, method: str, payload: bytes) -> Outcome:
    return call(target.state.gateway, f"{_DIRECTORY}/{method}", payload, target.identity(name))
