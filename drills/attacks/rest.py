"""REST: the admin API and the token endpoint, called without the right, and with malformed input."""

import contextlib
import json
import random
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings

from drills.attacks.attack import Attack
from drills.attacks.target import CLIENT, Outcome, Target

_NOBODY, _TOO_LITTLE, _UNFIT = "HTTP 401", "HTTP 403", "HTTP 422"
_REFUSED = ("HTTP 400", _NOBODY, "HTTP 404", "HTTP 405", "HTTP 413", "HTTP 415", _UNFIT)
_LEAKS = ("Traceback", "sqlalchemy", "site-packages", "sqlite3", "psycopg")
_TOO_LARGE = ("HTTP 413", "closed")
_EXAMPLES = 8
_KEYS = "/.well-known/jwks.json"
_LEFT_OUT = ("/admin/v1/ledger/retention", "/admin/v1/members/disable", "/admin/v1/services/disable", "/admin/v1/keys")
"""Operations that schemathesis does not call with the operator's secret, because success would break the drill."""


def attacks(target: Target) -> list[Attack]:
    """All of them, for the operations in control's OpenAPI description."""
    with target.http() as http:
        described = http.get("/openapi.json").json()
    operations = list(_operations(described))
    guarded = [(verb, path) for verb, path in operations if path.startswith("/admin/")]
    secrets: dict[str, Callable[[Target], str | None]] = {
        "no secret": lambda _: None,
        "a wrong secret": lambda _: "wrong",
        "a secret but for a letter": lambda t: t.secret("admin")[:-1] + "!",
        "an access token": lambda t: t.token(),
        "a member's secret": lambda t: t.secret(CLIENT),
        "the word admin": lambda _: "admin",
    }
    given_to_all = [
        Attack(f"{verb} {path} with {name}", partial(_guarded, verb, path, secret), (_NOBODY,))
        for verb, path in guarded
        for name, secret in secrets.items()
    ]
    changing = [(verb, path) for verb, path in guarded if verb not in ("GET", "HEAD")]
    return [
        *given_to_all,
        *(Attack(f"{v} {p} by a viewer", partial(_by, v, p, "viewer"), (_TOO_LITTLE,)) for v, p in changing),
        *(Attack(f"{v} {p} by an auditor", partial(_by, v, p, "auditor"), (_TOO_LITTLE,)) for v, p in changing),
        Attack("the ledger read by a viewer", partial(_by, "GET", "/admin/v1/transactions", "viewer"), (_TOO_LITTLE,)),
        *(Attack(f"{v} on {p}", partial(_wrong_verb, v, p), _REFUSED) for v, p in _wrong_verbs(operations)),
        *(Attack(f"a path: {path}", partial(_path, path), _REFUSED) for path in _PATHS),
        *(Attack(f"a body: {name}", partial(_body, body, kind), _REFUSED) for name, (body, kind) in _BODIES.items()),
        Attack("a body of 64 MB by nobody", partial(_large, "/admin/v1/members", None), (_NOBODY, *_TOO_LARGE)),
        Attack("a body of 64 MB by the operator", partial(_large, "/admin/v1/members", "admin"), _TOO_LARGE),
        Attack("a form of 64 MB", partial(_large, "/oauth2/token", None), ("HTTP 400", *_TOO_LARGE)),
        *(Attack(f"{p} for a page of another name", partial(_rebound, p), ("HTTP 421",)) for p in ("/healthz", _KEYS)),
        Attack("headers of 1 MB", _headers, ("HTTP 400", "HTTP 431", "closed")),
        Attack("a request cut off", _cut, ("closed", "HTTP 400")),
        Attack("noise", _noise, ("closed", "HTTP 400")),
        *(Attack(f"schemathesis: {v} {p}", partial(_fuzz, described, v, p), ("held",)) for v, p in operations),
    ]


_PATHS = (
    "/admin/v1/../../token-key.pem", "/admin/v1/%2e%2e/%2e%2e/credentials.json", "/admin/v1/transactions/..%2f..%2fx",
    "/admin/v1/transactions/%00", "/admin/v1//members", "/admin/v1/grants/%2e%2e", "/static/../credentials.json",
    "/admin/v1/transactions/" + "a" * 5000, "/admin/v1/ledger/tiles/-1/0", "/admin/v1/ledger/tiles/0/99999999999999",
    "/admin/v1/transactions/'%20OR%201=1--", "/admin/v1/transactions/%F0%9F%92%A9/explanation", "/%ff%fe",
    "/admin/v1/transactions/a/explanation?language=../../vi",
)  # fmt: skip

_DEEP = "[" * 100_000
_BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "application/json"),
    "no JSON": (b"{", "application/json"),
    "a list": (b"[]", "application/json"),
    "a number": (b"1e999999", "application/json"),
    "deeply nested": (_DEEP.encode(), "application/json"),
    "deeply nested and whole": (('{"id":' + "[" * 5000 + "]" * 5000 + "}").encode(), "application/json"),
    "no UTF-8": (b'{"id":"\xff\xfe"}', "application/json"),
    "half a surrogate": (b'{"id":"VN/GOV/X99","name":"\\ud800","subsystems":["a"]}', "application/json"),
    "a NUL": (b'{"id":"VN/GOV/X\\u000098","name":"a","subsystems":["a"]}', "application/json"),
    "an id that is a path": (b'{"id":"../../etc","name":"a","subsystems":["a"]}', "application/json"),
    "a subsystem that is a path": (b'{"id":"VN/GOV/X97","name":"a","subsystems":["../../a"]}', "application/json"),
    "a key that is twice": (b'{"id":"VN/GOV/X95","name":"a","subsystems":["a"],"subsystems":[]}', "application/json"),
    "XML": (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "application/xml"),
    "a form": (b"id=VN/GOV/X96", "application/x-www-form-urlencoded"),
    "YAML": (b"!!python/object/apply:os.system ['id']", "application/yaml"),
}


def _outcome(answer: httpx.Response) -> Outcome:
    if leak := next((word for word in _LEAKS if word in answer.text), ""):
        return Outcome(f"HTTP {answer.status_code} which shows {leak!r}")
    return Outcome(f"OK HTTP {answer.status_code}" if answer.is_success else f"HTTP {answer.status_code}")


def _operations(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in described["paths"].items():
        for verb in methods:
            yield verb.upper(), path


def _filled(path: str) -> str:
    return (
        path.replace("{level}", "0")
        .replace("{number}", "0")
        .replace("{transaction_id}", "a")
        .replace("{grant_id}", "a")
        .replace("{request_id}", "a")
        .replace("{subject}", "a" * 32)
    )


def _guarded(verb: str, path: str, secret: Callable[[Target], str | None], target: Target, _: random.Random) -> Outcome:
    with target.http(secret(target)) as http:
        return _outcome(http.request(verb, _filled(path), json={} if verb in ("PUT", "POST") else None))


def _rebound(path: str, target: Target, _: random.Random) -> Outcome:
    """A web page in a browser here, whose name now resolves to this machine."""
    with target.http() as http:
        return _outcome(http.get(path, headers={"Host": "rebound.example.com"}))


def _by(verb: str, path: str, role: str, target: Target, _: random.Random) -> Outcome:
    return _guarded(verb, path, lambda t: t.secret(role), target, _)


def _wrong_verbs(operations: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    there = set(operations)
    for path in ("/admin/v1/members", "/admin/v1/transactions", "/oauth2/token", "/healthz"):
        for verb in ("GET", "PUT", "POST", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "OPTIONS"):
            if (verb, path) not in there:
                yield verb, path


def _wrong_verb(verb: str, path: str, target: Target, _: random.Random) -> Outcome:
    with target.http(target.secret("admin")) as http:
        return _outcome(http.request(verb, path))


def _path(path: str, target: Target, _: random.Random) -> Outcome:
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {target.secret('admin')}\r\n"
    return _raw(target, request.encode() + b"Connection: close\r\n\r\n")


def _body(body: bytes, kind: str, target: Target, _: random.Random) -> Outcome:
    with target.http(target.secret("admin")) as http:
        return _outcome(http.put("/admin/v1/members", content=body, headers={"Content-Type": kind}))


def _large(path: str, name: str | None, target: Target, _: random.Random) -> Outcome:
    kind = "application/json" if "admin" in path else "application/x-www-form-urlencoded"
    with target.http(name and target.secret(name)) as http:
        try:
            verb = "PUT" if "admin" in path else "POST"
            return _outcome(http.request(verb, path, content=_chunks(), headers={"Content-Type": kind}))
        except httpx.TransportError:
            return Outcome("closed")


def _chunks() -> Iterator[bytes]:
    for _ in range(64):
        yield b"a" * (1 << 20)


def _headers(target: Target, _: random.Random) -> Outcome:
    return _raw(target, b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Else: " + b"a" * (1 << 20) + b"\r\n\r\n")


def _cut(target: Target, _: random.Random) -> Outcome:
    return _raw(target, b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc", end=True)


def _noise(target: Target, source: random.Random) -> Outcome:
    return _raw(target, source.randbytes(4096) + b"\r\n\r\n")


def _raw(target: Target, request: bytes, *, end: bool = False) -> Outcome:
    host, _colon, port = target.state.control_url.partition("://")[2].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(request)
            if end:
                connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(1 << 16).decode(errors="replace")
            if answer:
                code = int(answer.split(" ", 2)[1])
                return _outcome(httpx.Response(code, text=answer))
    return Outcome("closed")


def _fuzz(described: dict[str, Any], verb: str, path: str, target: Target, source: random.Random) -> Outcome:
    """Valid and invalid requests by the description, with the operator's secret: none may cause an unexpected error."""
    if path in _LEFT_OUT:
        return Outcome("held")
    found: list[str] = []
    headers = {"Authorization": f"Bearer {target.secret('admin')}"}
    operation = schemathesis.openapi.from_dict(described)[path][verb]

    with target.http() as http:

        @seed(source.randrange(2**32))
        @settings(
            max_examples=_EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            given_to = case.as_transport_kwargs(base_url=target.state.control_url)
            request = {name: given_to[name] for name in ("params", "json", "data") if given_to.get(name) is not None}
            kept = {name: quote(str(value)) for name, value in (given_to.get("headers") or {}).items()}
            answer = http.request(given_to["method"], given_to["url"], headers={**kept, **headers}, **request)
            reply = _outcome(answer).reply
            if (answer.status_code >= 500 and answer.status_code != 503) or "shows" in reply:
                found.append(f"{reply} for {json.dumps(request, default=repr)[:200]}")

        call()
    return Outcome(found[0] if found else "held")
