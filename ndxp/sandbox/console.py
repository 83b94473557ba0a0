"""Where the console of an exchange runs, and the ticket in its URL that lets a browser in once."""

import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self, TypeAlias
from urllib.parse import urlsplit

from ndxp.address import Address
from ndxp.client import Credentials
from ndxp.sandbox.state import start_of
from ndxp.whole_file import whole_file

Role: TypeAlias = Literal["viewer", "auditor", "operator"]
"""What the console may do at the admin API."""

TICKET = "ticket"
"""The query parameter of the console's URL that holds a ticket."""

TICKET_LIFE = 600
"""Seconds for which a ticket can be used."""

MODULE = "console"
"""The module of the console's process."""

_FILE = "console.json"
_PURPOSE = b"ticket for the ndxp console"
_NAMES: dict[Role, str] = {"viewer": "viewer", "auditor": "auditor", "operator": "admin"}


@dataclass(frozen=True, slots=True)
class Console:
    """A console that runs: its URL, its process, when that was started (as ``start_of`` says it), and its role.

    ``fingerprint`` is the SHA-256 of its certificate in hexadecimal digits; empty without TLS.
    """

    url: str
    pid: int
    started: str
    role: Role
    fingerprint: str = ""

    @classmethod
    def running(cls, folder: Path) -> Self | None:
        """The console of the exchange in a run folder; None when none runs."""
        try:
            found = cls(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.started and start_of(found.pid) == found.started else None

    @property
    def local(self) -> bool:
        """Whether only browsers of this machine reach it."""
        return Address(self.host, 0).local

    @property
    def host(self) -> str:
        """The IP address or the name at which browsers reach it."""
        return urlsplit(self.url).hostname or ""

    def write(self, folder: Path) -> None:
        """Says in the run folder that it runs (mode 0600)."""
        with whole_file(folder / _FILE) as file:
            file.write(json.dumps(asdict(self)).encode())

    def url_with_ticket(self, folder: Path) -> str:
        """The URL that lets a browser in once. Raises TokenRefused without the role's secret."""
        return f"{self.url}/?{TICKET}={new_ticket(secret_of(folder, self.role))}"


def remove(folder: Path) -> None:
    """Says in the run folder that no console runs."""
    (folder / _FILE).unlink(missing_ok=True)


def secret_of(folder: Path, role: Role) -> str:
    """The secret of a role at the admin API. Raises TokenRefused when the run folder has none."""
    return Credentials.load(folder / "credentials.json", _NAMES[role]).secret


def new_ticket(secret: str) -> str:
    """A ticket, which whoever has the role's secret can make: when it was made, a random part, and a MAC of both."""
    made = f"{int(time.time())}-{secrets.token_hex(16)}"
    return f"{made}-{_mac(secret, made)}"


def made_at(ticket: str, secret: str) -> int | None:
    """When a ticket was made, in seconds since 1970; None for one that was not made with this secret."""
    made, _, code = ticket.rpartition("-")
    if not hmac.compare_digest(_mac(secret, made).encode(), code.encode()):
        return None
    return int(made.partition("-")[0])


def _mac(secret: str, made: str) -> str:
    return hmac.digest(secret.encode(), _PURPOSE + made.encode(), "sha256").hex()
