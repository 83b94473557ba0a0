"""The NDXP door: tokens, destinations, messages and paths of strangers and of a member, in the form of its adapter."""

import random
from collections.abc import Iterator, Mapping
from functools import partial
from urllib.parse import quote

import httpx

from drills.attacks.attack import Attack
from drills.attacks.target import CLIENT, Outcome, Target

_MALFORMED = ("HTTP 400 REQUEST_MALFORMED",)
_NOBODY = ("HTTP 401 TOKEN_INVALID",)
_JSON = {"Content-Type": "application/json"}
_POPULATION = "VN:GOV:000.00.00.G01:population"
_FORWARD = "/XrdAdapter/RestService/forward"


def attacks(_: Target) -> list[Attack]:
    """All of them."""
    return [
        *(Attack(f"a token for {what}", partial(_token, headers, form), _NO_TOKEN) for what, headers, form in _FORMS),
        Attack("a token for 64 MB", _large_form, ("HTTP 413 invalid_request", "closed")),
        *(Attack(f"dstcode {each!r}", partial(_message, f"dstcode={quote(each)}", b"{}"), _LOST) for each in _NOWHERE),
        *(Attack(f"providerurl {each!r}", partial(_message, _aimed(each), b"{}"), _MALFORMED) for each in _URLS),
        *(
            Attack(f"a message: {what}", partial(_message, _aimed(), body), _MALFORMED, recorded=True)
            for what, body in _BODIES.items()
        ),
        *(Attack(f"a path: {path}", partial(_rest, path), _PATH_REFUSED) for path in _PATHS),
        Attack("a message of 64 MB by nobody", partial(_large_message, "Bearer x.y.z"), (*_NOBODY, "closed")),
        Attack("a message of 64 MB by a member", partial(_large_message, ""), (*_MALFORMED, "closed")),
    ]


_NO_TOKEN = ("HTTP 400 unsupported_grant_type", "HTTP 400 invalid_request", "HTTP 401 invalid_client")
_FORMS: tuple[tuple[str, Mapping[str, str], bytes], ...] = (
    ("nobody", {}, b"grant_type=client_credentials"),
    ("a wrong secret", {"Authorization": "Basic Vk4vR09WL0gyNi9vbmUtc3RvcDp4"}, b"grant_type=client_credentials"),
    ("the operator", {"Authorization": "Basic YWRtaW46eA=="}, b"grant_type=client_credentials"),
    ("a password", {"Authorization": "Basic YTpi"}, b"grant_type=password&username=a&password=b"),
    ("no form", {"Authorization": "Basic YTpi", "Content-Type": "application/json"}, b"{}"),
)
_LOST = (*_MALFORMED, "HTTP 404 UNKNOWN_PROVIDER", "HTTP 501 UNKNOWN_SERVICE")
_NOWHERE = ("", "VN", "a:b:c:d", "VN:GOV:../..:x", "VN:GOV:000.00.00.G99:nobody", "VN:GOV:G01:population\0", "x" * 5000)
_URLS = ("file:///etc/passwd", "gopher://127.0.0.1:6379/", "//127.0.0.1", "http://", "http://[::1", "http://a:99999/")
_BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "deeply nested": b"[" * 60_000,
    "no UTF-8": b'{"MaDichVu":"\xff"}',
    "a member that is twice": b'{"MaDichVu":"033","MaDichVu":"033"}',
    "another service": b'{"MaDichVu":"037"}',
    "an officer with a line break": b'{"MaDichVu":"033","MaYeuCau":"1","HoVaTen":"A","MaCanBo":"a\\r\\nb: c"}',
    "half a surrogate": b'{"MaDichVu":"033","MaYeuCau":"1","HoVaTen":"\\ud800","MaCanBo":"a"}',
}
_PATH_REFUSED = (
    "HTTP 404 Not found",
    "HTTP 400 INVALID_METADATA",
    "HTTP 404 UNKNOWN_PROVIDER",
    "HTTP 501 UNKNOWN_SERVICE",
)
_PATHS = ("", "/", "/a", "/a/../b", "/a/%2e%2e/b", "//a/b", "/a/%2Fb", "/%00/", "/a/b%0d%0aHost:x", "%2fa/b")


def _aimed(url: str = "http://backend.example") -> str:
    return f"dstcode={_POPULATION}&providerurl={quote(url, safe='')}"


def _door(target: Target) -> httpx.Client:
    return httpx.Client(base_url=target.state.rest_url, timeout=20, verify=False)  # noqa: S501


def _outcome(answer: httpx.Response) -> Outcome:
    if answer.is_success:
        return Outcome(f"OK HTTP {answer.status_code}")
    told = answer.json()
    why = told.get("reason") or told.get("error") or told.get("title")
    return Outcome(f"HTTP {answer.status_code} {why}", told.get("transaction_id", ""))


def _token(headers: Mapping[str, str], form: bytes, target: Target, _: random.Random) -> Outcome:
    with _door(target) as door:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return _outcome(door.post("/token", content=form, headers={**kind, **headers}))


def _message(query: str, body: bytes, target: Target, _: random.Random) -> Outcome:
    with _door(target) as door:
        headers = {**_JSON, "Authorization": f"Bearer {target.token(CLIENT)}"}
        return _outcome(door.post(f"{_FORWARD}/dancu/033?{query}", content=body, headers=headers))


def _rest(path: str, target: Target, _: random.Random) -> Outcome:
    with _door(target) as door:
        url = door.base_url.copy_with(raw_path=f"{_FORWARD}{path}?{_aimed()}".encode())
        return _outcome(door.get(url, headers={"Authorization": f"Bearer {target.token(CLIENT)}"}))


def _large_form(target: Target, _: random.Random) -> Outcome:
    return _large(target, "/token", {"Content-Type": "application/x-www-form-urlencoded"})


def _large_message(authorization: str, target: Target, _: random.Random) -> Outcome:
    said = authorization or f"Bearer {target.token(CLIENT)}"
    return _large(target, f"{_FORWARD}/dancu/033?{_aimed()}", {**_JSON, "Authorization": said})


def _large(target: Target, path: str, headers: Mapping[str, str]) -> Outcome:
    with _door(target) as door:
        try:
            return _outcome(door.post(path, content=_chunks(), headers=headers))
        except httpx.TransportError:
            return Outcome("closed")


def _chunks() -> Iterator[bytes]:
    for _ in range(64):
        yield b"a" * (1 << 20)
