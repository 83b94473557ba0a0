"""A client of the admin API of a running exchange; for the operator it also has the tokens of every subsystem."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from ndxp import proxies
from ndxp.client import Credentials, Tokens
from ndxp.identifiers import Member, Subsystem
from ndxp.language import _, spoken
from ndxp.sandbox.state import State
from ndxp.wire.tls import Tls

_PATIENCE = 10.0


class AdminRefused(Exception):
    """The admin API refused, or did not answer; the text says why and what to do."""


class AdminSilent(AdminRefused):
    """The admin API did not answer at all."""


def _asks_in() -> dict[str, str]:
    """The language in which a refusal is read here."""
    return {"Accept-Language": spoken()}


def path_part(given: str) -> str:
    """An id as one part of a path of the admin API. Raises AdminRefused for text that would change the path."""
    if not given.strip(".") or "/" in given or not given.isprintable():
        raise AdminRefused(_("{given!r} is no id; `ndxp log tail` and `ndxp grants` show ids", given=given[:100]))
    return quote(given, safe="")


class AdminApi:
    """The admin API of an exchange, called with the secret of a role.

    Raises OSError for missing certificates, ProxyUnusable for an invalid proxy in the environment.
    """

    def __init__(self, state: State, secret: str) -> None:
        self.state = state
        self._http = proxies.client(
            base_url=f"{state.control_url}/admin/v1",
            headers={"Authorization": f"Bearer {secret}"},
            timeout=_PATIENCE,
            **state.asking(),
        )

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def get(self, path: str, /, **query: Any) -> Any:
        """Reads from the admin API; parameters that are None or empty are left out. Raises AdminRefused."""
        return self.send("GET", path, query={k: v for k, v in query.items() if v not in (None, "")})

    def read(self, path: str, **query: Any) -> bytes:
        """Reads bytes from the admin API. Raises AdminRefused."""
        return self._answer("GET", path, query, None).content

    def send(
        self,
        verb: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        patience: float = _PATIENCE,
    ) -> Any:
        """Makes any call of the admin API; returns the decoded answer, None without a body. Raises AdminRefused.

        ``patience`` is the time limit in seconds.
        """
        answer = self._answer(verb, path, query, body, patience)
        return answer.json() if answer.content else None

    def waits_for(self) -> list[str]:
        """What the exchange still waits for, as ``/readyz`` says; empty when it is ready. Raises AdminRefused."""
        try:
            answer = self._http.get(f"{self.state.control_url}/readyz")
            return [] if answer.is_success else list(answer.json()["waits_for"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise AdminSilent(
                _(
                    "{url} does not answer; {where_to_look}",
                    url=f"{self.state.control_url}/readyz",
                    where_to_look=self._where_to_look,
                )
            ) from error

    def _answer(
        self, verb: str, path: str, query: dict[str, Any] | None, body: Any, patience: float = _PATIENCE
    ) -> httpx.Response:
        try:
            answer = self._http.request(verb, path, params=query, json=body, timeout=patience, headers=_asks_in())
        except httpx.HTTPError as error:
            raise AdminSilent(
                _(
                    "the control process at {url} does not answer ({error}); "
                    "it is started again when it has ended; {where_to_look}",
                    url=self.state.control_url,
                    error=type(error).__name__,
                    where_to_look=self._where_to_look,
                )
            ) from error
        except ValueError as error:  # NaN, or bytes of the command line that are not UTF-8
            raise AdminRefused(_("a given value cannot be sent: {error}", error=error)) from error
        if answer.is_error:
            described = "json" in answer.headers.get("content-type", "")
            raise AdminRefused(
                answer.json()["detail"]
                if described
                else _(
                    "control failed with {status_code}; {where_to_look}",
                    status_code=answer.status_code,
                    where_to_look=self._where_to_look,
                )
            )
        return answer

    @property
    def _where_to_look(self) -> str:
        if self.state.attached:
            return _("its log is that of its container or server")
        return _("its log is {log}", log=f"{self.state.folder}/logs/control.log")


class Session(AdminApi):
    """The exchange that runs in a folder, for its operator. Raises ``NoSandbox`` when none does."""

    def __init__(self, folder: Path) -> None:
        state = State.running(folder)
        super().__init__(state, Credentials.load(state.credentials, "admin").secret)

    def tls(self, client: str) -> Tls | None:
        """The certificates of a subsystem; None without TLS. Raises TokenRefused when it has no credentials."""
        return self.tokens(client).tls

    def tokens(self, client: str) -> Tokens:
        """Tokens of a subsystem. Raises TokenRefused when it has no credentials."""
        return self.state.tokens(client)

    def subsystem(self, name: str) -> str:
        """The subsystem of this name, or a member's only subsystem. Raises AdminRefused, which lists the choice."""
        try:
            return str(Subsystem.parse(name))
        except ValueError:
            try:
                member_id = str(Member.parse(name))
            except ValueError as error:
                raise AdminRefused(
                    _(
                        "{name!r} is neither a subsystem (VN/GOV/H26/one-stop) nor a member (VN/GOV/H26); "
                        "`ndxp members` lists them",
                        name=name[:100],
                    )
                ) from error
        found = [m for m in self.get("/members") if m["id"] == member_id]
        subsystems = [f"{member_id}/{part}" for m in found for part in m["subsystems"]]
        if len(subsystems) == 1:
            return subsystems[0]
        if not found:
            raise AdminRefused(
                _("{member_id} is not on this exchange; `ndxp members` lists the members", member_id=member_id)
            )
        raise AdminRefused(
            _(
                "{member_id} has the subsystems {subsystems}: name one of them",
                member_id=member_id,
                subsystems=", ".join(subsystems),
            )
        )
