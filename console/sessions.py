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
_MOST_PUPILS = 300


@dataclass(slots=True)
class Session:
    """A browser that was let in. ``dark`` is None while the browser's own choice of colours is followed.

    ``pupil`` is the key of the group that a pupil belongs to; empty for others.
    ``citizen`` is the number of who is shown on the page of people: it is here, and not in a URL that somebody logs.
    ``history`` are the calls that were tried in it.
    """

    language: Language
    pupil: str = ""
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
        return self._begun(Session(language), _MOST)

    def admit_pupil(self, key: str, language: Language) -> str:
        """A new session's id for a pupil of the group that has a key. Pupils never end the sessions of others."""
        return self._begun(Session(language, key), _MOST_PUPILS)

    def _begun(self, session: Session, most: int) -> str:
        """Begins a session; of too many of its kind, the one that nobody has used the longest ends."""
        alike = [name for name, each in self._sessions.items() if bool(each.pupil) == bool(session.pupil)]
        for name in sorted(alike, key=lambda name: self._sessions[name].used)[: len(alike) - most + 1]:
            del self._sessions[name]
        name = secrets.token_urlsafe(32)
        self._sessions[name] = session
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
