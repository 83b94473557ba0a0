"""Paths: methods that do not exist, and texts that are not methods."""

import random
from functools import partial

from drills.attacks.attack import Attack
from drills.attacks.target import SERVICE, VERIFY, Outcome, Target, somebody
from drills.attacks.wire import ask

_UNKNOWN, _NO_HTTP2 = "UNIMPLEMENTED UNKNOWN_SERVICE", "RST_STREAM PROTOCOL_ERROR"
_PATHS: dict[str, str | bytes] = {
    "an unknown contract": "/ndxp.nobody.v1.NobodyService/GetCitizen",
    "an unknown method": f"/{SERVICE}/DropTable",
    "no method": f"/{SERVICE}/",
    "no contract": "//GetCitizen",
    "traversal": f"/{SERVICE}/../{VERIFY}",
    "traversal to another contract": f"/ndxp.exchange.v1.ExchangeService/../{VERIFY}",
    "two slashes first": f"//{VERIFY}",
    "two slashes in between": f"/{SERVICE}//VerifyCitizen",
    "a slash at the end": f"/{VERIFY}/",
    "percent-encoding": f"/{VERIFY.replace('V', '%56')}",
    "a slash in percent-encoding": f"/{SERVICE}%2FVerifyCitizen",
    "a query": f"/{VERIFY}?admin=1",
    "a fragment": f"/{VERIFY}#admin",
    "a pattern": f"/{SERVICE}/Verify*",
    "another case": f"/{VERIFY.lower()}",
    "a URL": f"http://127.0.0.1/{VERIFY}",
    "an escape sequence": f"/{SERVICE}/\x1b[2J\x1b[1;32mVerifyCitizen",
    "no UTF-8": f"/{SERVICE}/".encode() + b"\xff\xfe",
    "look-alike letters": f"/{SERVICE}/VerifyСitizen".encode(),
    "SQL": f"/{SERVICE}/VerifyCitizen'; DROP TABLE records; --",
}


def attacks(_: Target) -> list[Attack]:
    """All of them."""
    usual = (_UNKNOWN, _NO_HTTP2)
    made = [Attack(name, partial(_ask, path), usual, recorded=True) for name, path in _PATHS.items()]
    return [
        *made,
        Attack("a line break", partial(_ask, f"/{VERIFY}\r\nx-ndxp-client: VN/GOV/H29/one-stop"), (_NO_HTTP2,)),
        Attack("a NUL", partial(_ask, f"/{VERIFY}\0"), (_NO_HTTP2,)),
        Attack("no slash", partial(_ask, VERIFY), (*usual, "UNIMPLEMENTED")),
        Attack("nothing", partial(_ask, ""), (*usual, "UNIMPLEMENTED")),
        Attack("a slash and nothing", partial(_ask, "/"), (*usual, "UNIMPLEMENTED"), recorded=True),
        Attack("a star", partial(_ask, "*"), (*usual, "UNIMPLEMENTED")),
        Attack("8 kB", partial(_ask, f"/{SERVICE}/{'A' * 8192}"), (*usual, "RESOURCE_EXHAUSTED")),
        Attack("any bytes", _any, (*usual, "UNIMPLEMENTED")),
    ]


def _ask(path: str | bytes, target: Target, _: random.Random) -> Outcome:
    return ask(target.state.gateway, path, somebody(), target.identity())


def _any(target: Target, source: random.Random) -> Outcome:
    return _ask(b"/" + source.randbytes(source.randint(1, 200)), target, source)
