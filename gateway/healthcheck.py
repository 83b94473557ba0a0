"""Whether a process of the exchange is healthy, for container engines: ``python -m gateway.healthcheck WHERE...``.

Exit code 0 when all places answer that they serve. It imports little, because it runs every few seconds for each
process.
"""

import http.client
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import unquote, urlsplit

_PATIENCE = 3.0
_FRESH = 10.0
_SERVING = b"\x08\x01"
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without a proxy: the process is on this machine, even when http_proxy is set."""

_USAGE = "grpc://HOST:PORT, http://HOST:PORT/PATH, https://HOST:PORT/PATH or file:///PATH"


def check(where: str) -> str:
    """What is wrong at a place; empty when it serves. Raises ValueError for a text that is not a place.

    ``grpc://`` asks grpc.health.v1, ``http://`` and ``https://`` want a 200, ``file://`` a file touched in the last ten
    seconds.
    """
    checks: dict[str, Callable[[str], str]] = {"grpc": _grpc, "http": _http, "https": _https, "file": _file}
    if (ask := checks.get(urlsplit(where).scheme)) is None:
        raise ValueError(f"{where!r} is not a place to check; give {_USAGE}")
    return ask(where)


def _grpc(where: str) -> str:
    import grpc

    with grpc.insecure_channel(urlsplit(where).netloc, [("grpc.enable_http_proxy", 0)]) as channel:
        # These messages are small enough to write by hand; importing generated code would be most of the work here.
        ask: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
        try:
            answer = ask(b"", timeout=_PATIENCE)
        except grpc.RpcError as error:
            return str(error.code().name)
    return "" if answer == _SERVING else "NOT_SERVING"


def _http(where: str) -> str:
    return _fetched(_DIRECTLY, where)


def _https(where: str) -> str:
    """The process is on this machine: its certificate, which is for others, is not checked."""
    import ssl

    unchecked = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())  # noqa: S323
    return _fetched(urllib.request.build_opener(urllib.request.ProxyHandler({}), unchecked), where)


def _fetched(opener: urllib.request.OpenerDirector, where: str) -> str:
    try:
        with opener.open(where, timeout=_PATIENCE):
            return ""
    except http.client.HTTPException as error:
        return f"does not speak HTTP ({type(error).__name__})"
    except (URLError, OSError) as error:
        return str(error)


def _file(where: str) -> str:
    try:
        age = time.time() - Path(unquote(urlsplit(where).path)).stat().st_mtime
    except OSError as error:
        return error.strerror or type(error).__name__
    return "" if age < _FRESH else f"last touched {age:.0f} s ago"


def main(places: list[str]) -> int:
    """Asks the places, or those in NDXP_HEALTH; exit code 0 when all serve, 1 when one does not, 2 for wrong usage."""
    places = places or os.environ.get("NDXP_HEALTH", "").split()
    if not places:
        sys.stderr.write(f"healthcheck: no place to check; give {_USAGE}, or set NDXP_HEALTH\n")
        return 2
    try:
        wrong = {place: found for place in places if (found := check(place))}
    except ValueError as error:
        sys.stderr.write(f"healthcheck: {error}\n")
        return 2
    for place, found in wrong.items():
        sys.stderr.write(f"healthcheck: {place}: {found}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
