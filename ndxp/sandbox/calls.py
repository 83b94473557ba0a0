"""The calls of a subsystem, as the ledger has them: what was asked, and how it ended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, overload

from ndxp.admin import AdminApi
from ndxp.errors import Code

NO_CALLS = "no calls"
"""The table of no calls."""

_PAGE = 1000
_COLUMNS = ("method", "provider", "code", "reason", "fault", "attempt", "ms", "transaction_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. ``method`` is its name without the contract, ``code`` the name of its status, ``OK`` for success.

    ``reason`` is empty for a call without an error, ``fault`` names the rules of faults that it met. ``attempt`` is
    which attempt of the client's it was, 0 where the client does not say, as for most first attempts. ``replay_of`` is
    the transaction in which the agency gave this answer first. ``ms`` is how long the exchange had it.
    """

    method: str
    contract: str
    provider: str
    code: str
    reason: str
    fault: str
    attempt: int
    replay_of: str
    ms: float
    origin: str
    purpose: str
    message_id: str
    user_id: str
    client: str
    grant: str
    transaction_id: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The call of an outcome in the ledger."""
        contract, _, method = str(record["method"]).partition("/")
        taken = (record["response_out_ts"] or record["response_in_ts"] or record["request_in_ts"]) - (
            record["request_in_ts"]
        )
        return cls(
            method=method, contract=contract, provider=record["service"], code=Code(record["status_code"]).name,
            ms=round(taken / 1000, 1),
            **{
                name: record[name]
                for name in (
                    "reason", "fault", "attempt", "replay_of", "origin", "purpose", "message_id", "user_id", "client",
                    "grant", "transaction_id",
                )
            },
        )  # fmt: skip


class Calls(Sequence[Call]):
    """Calls in their order, the earliest first; printed as a table."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._calls = list(calls)

    @overload
    def __getitem__(self, index: int) -> Call: ...

    @overload
    def __getitem__(self, index: slice) -> "Calls": ...

    def __getitem__(self, index: int | slice) -> "Call | Calls":
        return Calls(self._calls[index]) if isinstance(index, slice) else self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calls) and self._calls == other._calls

    __hash__ = None  # type: ignore[assignment]

    def where(self, **conditions: Any) -> "Calls":
        """Those whose fields have these values; ``method`` may be with its contract. Raises TypeError."""
        known = {each.name for each in fields(Call)}
        if unknown := sorted(conditions.keys() - known):
            raise TypeError(f"a call has no {unknown[0]!r}; it has {', '.join(sorted(known))}")
        contract, _, method = str(conditions.get("method", "")).rpartition("/")
        if contract:
            conditions |= {"contract": contract, "method": method}
        if isinstance(code := conditions.get("code"), Code):
            conditions["code"] = code.name
        return Calls(
            call for call in self._calls if all(getattr(call, name) == value for name, value in conditions.items())
        )

    @property
    def codes(self) -> list[str]:
        """The names of their status codes: ``["UNAVAILABLE", "OK"]``."""
        return [call.code for call in self._calls]

    @property
    def reasons(self) -> list[str]:
        """Their reasons, empty for those without an error."""
        return [call.reason for call in self._calls]

    @property
    def methods(self) -> list[str]:
        """The names of their methods."""
        return [call.method for call in self._calls]

    @property
    def attempts(self) -> list[int]:
        """Which attempts of the client's they were."""
        return [call.attempt for call in self._calls]

    def __repr__(self) -> str:
        return "\n".join(self.table())

    def table(self) -> Iterator[str]:
        """The lines of a table; one line when there is no call."""
        if not self._calls:
            yield NO_CALLS
            return
        rows = [_COLUMNS, *(tuple(str(getattr(call, name)) for name in _COLUMNS) for call in self._calls)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def records_of(admin: AdminApi, client: str, since: int) -> Iterator[Mapping[str, Any]]:
    """The outcomes of a subsystem's calls after a place of the ledger, the earliest first. Raises AdminRefused."""
    place = since
    while True:
        page = admin.get("/transactions", client=client, limit=_PAGE, after=place)
        yield from page
        if len(page) < _PAGE:
            return
        place = page[-1]["seq"]
