"""The X-Road door: identifiers, clients, paths and bodies of strangers and of a member."""

import random
from collections.abc import Iterator
from functools import partial

import httpx

from drills.attacks.attack import Attack
from drills.attacks.target import CLIENT, OTHER, Outcome, Target

_BAD = "HTTP 400 client.bad_request"
_REFUSED = f"{_BAD} INVALID_METADATA"
_MALFORMED = "HTTP 400 client.invalid_request REQUEST_MALFORMED"
_NO_TOKEN = "HTTP 400 client.missing_header TOKEN_MISSING"
_INVALID = "HTTP 500 server.clientproxy.ssl_authentication_failed TOKEN_INVALID"
_CLOSED = "closed"
_POPULATION = "/r1/VN/GOV/G01/population"
_VERIFY = f"{_POPULATION}/PopulationService/VerifyCitizen"
_LOST = (
    _BAD, _REFUSED, "HTTP 500 server.serverproxy.unknown_service UNKNOWN_SERVICE",
    "HTTP 500 server.clientproxy.unknown_member UNKNOWN_PROVIDER", "HTTP 404", "HTTP 405",
)  # fmt: skip

_PATHS = (
    "/r1", "/r1/", "/r1//", "/r1/VN", "/r1/../admin", "/r1/VN/GOV/G01/../PopulationService/VerifyCitizen",
    "/r1/VN/GOV/G01/%2e%2e/PopulationService/VerifyCitizen", "/r1/VN/GOV/G01%2Fpopulation/x/y/z", "/r1/VN/GOV/%00/x/y",
    "/r1/VN/GOV/G01/population/%0d%0aHost:x/y", f"{_VERIFY}/..", f"{_VERIFY}%2F", f"{_VERIFY}%0A", f"{_VERIFY}//",
    f"{_POPULATION}/{'x' * 64}/y", f"{_POPULATION}/{'x' * 5000}", f"{_POPULATION}/listMethods/../allowedMethods",
    f"{_POPULATION}/GETOPENAPI?serviceCode=x", f"{_POPULATION}/RestService/Get", "/r1/VN:GOV:G01/population/x/y/z",
)  # fmt: skip
_CLIENTS = (
    OTHER, f"{CLIENT}/x", CLIENT.replace("/", "%2F"), CLIENT.replace("/", ":"), CLIENT.lower(), f"{CLIENT}%00", "%",
    "/", "VN/GOV/H26", "x" * 5000, "\xe9",
)  # fmt: skip
_FIELDS = (
    ("x-road-id", "x" * 5000), ("x-road-id", "\xe9"), ("x-road-userid", "\x80"), ("x-road-issue", "x" * 300),
    ("x-road-represented-party", "x" * 300), ("x-ndxp-client", CLIENT), ("x-ndxp-service", "VN/GOV/G01/population"),
    ("x-ndxp-assertion", "forged"), ("x-ndxp-path", "/clinic/x"),
)  # fmt: skip
_BODIES = (b"", b"{", b"[]", b"[" * 60_000, b'{"citizenNumber":"1","citizenNumber":"2"}', b"\xff", b'{"x":1}')


def attacks(_: Target) -> list[Attack]:
    """All of them."""
    metaservices = ("listMethods", "allowedMethods", "getOpenAPI?serviceCode=PopulationService")
    return [
        *(Attack(f"a path: {path[:60]}", partial(_path, path), _LOST) for path in _PATHS),
        *(Attack(f"as {name[:40]!r}", partial(_client, name), (_REFUSED,), recorded=True) for name in _CLIENTS),
        *(
            Attack(f"{name} {value[:9]!r}", partial(_field, name, value), (_REFUSED,), recorded=True)
            for name, value in _FIELDS
        ),
        *(Attack(f"a body: {body[:20]!r}", partial(_body, body), (_MALFORMED,), recorded=True) for body in _BODIES),
        *(
            Attack(f"{name} by nobody", partial(_nobody, f"{_POPULATION}/{name}"), (_NO_TOKEN,))
            for name in metaservices
        ),
        Attack("listClients by nobody", partial(_nobody, "/listClients"), (_NO_TOKEN,)),
        Attack("listClients of another instance", _foreign_clients, (_BAD,)),
        Attack("64 MB by nobody", partial(_large, "Bearer x.y.z"), (_INVALID, _CLOSED)),
        Attack("64 MB by a member", partial(_large, ""), (_MALFORMED, "HTTP 400 client.invalid_request", _CLOSED)),
    ]


def _door(target: Target, authorization: str = "", client: str = CLIENT) -> httpx.Client:
    said = [("authorization", authorization or f"Bearer {target.token(CLIENT)}"), ("x-road-client", client)]
    headers = [(name.encode(), value.encode("latin-1")) for name, value in said]
    return httpx.Client(base_url=target.state.rest_url, headers=headers, timeout=20, verify=False)  # noqa: S501


def _outcome(answer: httpx.Response) -> Outcome:
    if answer.is_success:
        return Outcome(f"OK HTTP {answer.status_code}")
    kind, transaction = answer.headers.get("x-road-error", ""), answer.headers.get("x-road-request-id", "")
    reason = answer.json()["detail"].partition(" ")[0] if transaction else ""
    return Outcome(" ".join(filter(None, (f"HTTP {answer.status_code}", kind, reason))), transaction)


def _path(path: str, target: Target, _: random.Random) -> Outcome:
    with _door(target) as door:
        return _outcome(door.post("/", content=b"{}", extensions={"target": path.encode()}))


def _client(name: str, target: Target, _: random.Random) -> Outcome:
    with _door(target, client=name) as door:
        return _outcome(door.post(_VERIFY, content=b"{}"))


def _field(name: str, value: str, target: Target, _: random.Random) -> Outcome:
    with _door(target) as door:
        return _outcome(door.post(_VERIFY, content=b"{}", headers=[(name.encode(), value.encode("latin-1"))]))


def _body(body: bytes, target: Target, _: random.Random) -> Outcome:
    with _door(target) as door:
        return _outcome(door.post(_VERIFY, content=body))


def _nobody(path: str, target: Target, _: random.Random) -> Outcome:
    with httpx.Client(base_url=target.state.rest_url, timeout=20, verify=False) as door:  # noqa: S501
        return _outcome(door.get(path, headers={"x-road-client": CLIENT}))


def _foreign_clients(target: Target, _: random.Random) -> Outcome:
    with _door(target) as door:
        return _outcome(door.get("/listClients", params={"xRoadInstance": "FI"}))


def _large(authorization: str, target: Target, _: random.Random) -> Outcome:
    with _door(target, authorization) as door:
        try:
            return _outcome(door.post(_VERIFY, content=_chunks()))
        except httpx.TransportError:
            return Outcome(_CLOSED)


def _chunks() -> Iterator[bytes]:
    for _ in range(64):
        yield b"a" * (1 << 20)
