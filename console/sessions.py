"""Sessions of browsers: a ticket lets a browser in once, and its cookie names its session from then on."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from console.tried import History
from ndxp.client import TokenRefused
from ndxp.sandbox.console import TICKET_LIFE, made_at

Language = Literal["vi", "en"]

_LIFE = 12 * 3600.0
_MOST = 50


@dataclass(slots=True)
class Session:
    """A browser that was let in. ``dark`` is None while the browser's own choice of colours is followed.

    ``citizen`` is the number of who is shown on the page of people: it is here, and not in a URL that somebody logs.
    ``history`` are the calls that were tried in it.
    """

    language: Language
    dark: bool | None = None
    citizen: str = ""
    used: float = field(default_factory=time.monotonic)
    history: History = field(default_factory=History)


class Sessions:
    """All sessions; ``secret`` gives that of the console's role, and raises TokenRefused while there is none."""

    def __init__(self, secret: Callable[[], str]) -> None:
        self._secret = secret
        self._sessions: dict[str, Session] = {}
        self._spent: dict[str, float] = {}

    def admit(self, ticket: str, language: Language) -> str | None:
        """A new session's id for a ticket that is valid and was not used before; None for another one."""
        try:
            made, now = made_at(ticket, self._secret()), time.time()
        except TokenRefused:
            return None
        self._spent = {each: until for each, until in self._spent.items() if until > now}
        if made is None or not made <= now + 1 < made + TICKET_LIFE or ticket in self._spent:
            return None
        self._spent[ticket] = made + TICKET_LIFE
        while len(self._sessions) >= _MOST:
            del self._sessions[min(self._sessions, key=lambda name: self._sessions[name].used)]
        name = secrets.token_urlsafe(32)
        self._sessions[name] = Session(language)
        return name

    def of(self, name: str) -> Session | None:
        """The session with an id; None when there is none, or nobody used it for 12 hours."""
        session, now = self._sessions.get(name), time.monotonic()
        if session is None:
            return None
        if now - session.used > _LIFE:
            del self._sessions[name]
            return None
        session.used = now
        return session
