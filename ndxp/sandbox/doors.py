"""How the doors for HTTP are, as far as they can be asked from here."""

from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from ndxp import proxies
from ndxp.language import _
from ndxp.sandbox.state import State


class DoorsSilent(Exception):
    """The doors do not answer; the text says where, and what to look at."""


def waiting(state: State) -> list[str]:
    """What keeps the doors from taking calls; empty when nothing does, or when nobody has said where they are."""
    if not state.rest_url:
        return []
    try:
        answer = _get(state, "/readyz")
        waits = [] if answer.is_success else list(answer.json()["waits_for"])
    except DoorsSilent as error:
        return [str(error)]
    except (ValueError, KeyError, TypeError):
        return [_("something else answers at {url}, where the doors for HTTP should be", url=state.rest_url)]
    return [_("the doors for HTTP wait for: {what}", what=what) for what in waits]


def running(state: State) -> tuple[str, float]:
    """The version that runs there, and its time in seconds since 1970.

    Raises DoorsSilent; ValueError or KeyError for an answer that is not theirs.
    """
    answer = _get(state, "/healthz")
    return str(answer.json()["version"]), parsedate_to_datetime(answer.headers["date"]).timestamp()


def _get(state: State, path: str) -> Any:
    try:
        with proxies.client(timeout=2, **state.asking(state.rest_url)) as http:
            return http.get(f"{state.rest_url}{path}")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, proxies.ProxyUnusable) as error:
        log = _("that of their container or server") if state.attached else f"{state.folder}/logs/rest.log"
        raise DoorsSilent(
            _(
                "the doors for HTTP at {url} do not answer ({error}); their log is {log}",
                url=state.rest_url,
                error=type(error).__name__,
                log=log,
            )
        ) from error
