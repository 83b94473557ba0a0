"""What a group may ask of the admin API: about its own subsystems, and what every member may know."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from ndxp.admin import AdminApi, AdminRefused, path_part
from ndxp.classroom.kept import ClassRefused
from ndxp.language import _

PUSHED = "set by the teacher"
"""The note of a fault that a teacher has set. A group cannot remove it."""

_LATEST = 12
"""The ledger is asked about so many subsystems at once, the group's latest."""

_QUOTA = 200.0
"""The highest rate and burst that a group may set for a subsystem of its own."""

_PAGE = 50

Query: TypeAlias = Mapping[str, str]


class NotYours(ClassRefused):
    """It belongs to another group or to the operator."""


class Own:
    """The admin API for one group. ``mine`` are its subsystems, the oldest first, ``theirs`` those of other groups."""

    def __init__(self, admin: AdminApi, mine: Sequence[str], theirs: Collection[str]) -> None:
        self._admin = admin
        self._mine = mine
        self._theirs = theirs
        self._routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "/members", self._members),
            ("GET", "/services", self._services),
            ("GET", "/decisions", self._decision),
            ("GET", "/grants", self._grants),
            ("POST", "/grants", self._add_grant),
            ("DELETE", "/grants/([^/]+)", self._remove_grant),
            ("GET", "/grant-requests", self._grant_requests),
            ("POST", "/grant-requests/([^/]+)/(approve|decline)", self._decide),
            ("GET", "/faults", self._faults),
            ("DELETE", "/faults/([^/]+)", self._remove_fault),
            ("GET", "/quotas", self._quotas),
            ("PUT", "/quotas", self._set_quota),
            ("GET", "/transactions", self._transactions),
            ("GET", "/transactions/([^/]+)", self._transaction),
            ("GET", "/transactions/([^/]+)/explanation", self._explanation),
            ("GET", "/ledger/evidence/([^/]+)", self._evidence),
        ]

    def ask(self, verb: str, path: str, query: Query, body: Any = None) -> Any:
        """Answers as the admin API does. Raises NotYours, AdminRefused."""
        for known, pattern, answer in self._routes:
            if verb == known and (found := re.fullmatch(pattern, path)):
                return answer(*found.groups(), query=query, body=body)
        raise NotYours(_("this is for the operator of the exchange: ask your teacher"))

    def _own(self, subsystem: object) -> str:
        if not isinstance(subsystem, str) or subsystem not in self._mine:
            raise NotYours(
                _(
                    "{subsystem!r} is no subsystem of your group; `ndxp class join` shows which are",
                    subsystem=str(subsystem)[:100],
                )
            )
        return subsystem

    def _members(self, query: Query, body: Any) -> Any:
        found = self._admin.get("/members", **query)
        return [
            {**each, "subsystems": [s for s in each["subsystems"] if f"{each['id']}/{s}" not in self._theirs]}
            for each in found
        ]

    def _services(self, query: Query, body: Any) -> Any:
        return self._admin.get("/services")

    def _decision(self, query: Query, body: Any) -> Any:
        self._own(query.get("client"))
        return self._admin.get("/decisions", **query)

    def _grants(self, query: Query, body: Any) -> Any:
        consumer = self._own(query["consumer"]) if query.get("consumer") else ""
        found = self._admin.get("/grants", consumer=consumer)
        return [grant for grant in found if grant["consumer"] not in self._theirs]

    def _add_grant(self, query: Query, body: Any) -> Any:
        self._own(_of(body, "consumer"))
        return self._admin.send("POST", "/grants", body=body)

    def _remove_grant(self, grant: str, query: Query, body: Any) -> Any:
        if not any(each["id"] == grant and each["consumer"] in self._mine for each in self._admin.get("/grants")):
            raise NotYours(_("{grant!r} is no grant of your group alone; `ndxp grants` shows ids", grant=grant[:100]))
        return self._admin.send("DELETE", f"/grants/{path_part(grant)}")

    def _grant_requests(self, query: Query, body: Any) -> Any:
        return [each for each in self._admin.get("/grant-requests") if each["client"] in self._mine]

    def _decide(self, request: str, decision: str, query: Query, body: Any) -> Any:
        if not any(each["id"] == request for each in self._grant_requests(query, body)):
            raise NotYours(
                _("{request!r} is no request of your group; `ndxp grants pending` shows ids", request=request[:100])
            )
        return self._admin.send("POST", f"/grant-requests/{path_part(request)}/{decision}", body=body)

    def _faults(self, query: Query, body: Any) -> Any:
        return [fault for fault in self._admin.get("/faults") if fault["consumer"] not in self._theirs]

    def _remove_fault(self, fault: str, query: Query, body: Any) -> Any:
        known = next((each for each in self._admin.get("/faults") if each["id"] == fault), None)
        if known is None or known["consumer"] not in self._mine or known["note"] == PUSHED:
            raise NotYours(_("{fault!r} is no fault that your group may remove", fault=fault[:100]))
        return self._admin.send("DELETE", f"/faults/{path_part(fault)}")

    def _quotas(self, query: Query, body: Any) -> Any:
        return self._admin.get("/quotas", consumer=self._own(query.get("consumer")))

    def _set_quota(self, query: Query, body: Any) -> Any:
        self._own(_of(body, "consumer"))
        for name in ("rate", "burst"):
            if isinstance(wanted := body.get(name), int | float) and wanted > _QUOTA:
                raise NotYours(_("in a class the {field} of a quota is {most} at most", field=name, most=f"{_QUOTA:g}"))
        return self._admin.send("PUT", "/quotas", body=body)

    def _transactions(self, query: Query, body: Any) -> Any:
        """The calls of the group, or those that agencies made because of one of them.

        Searches for each subsystem alone, because the ledger searches for one caller or for all.
        """
        if (cause := query.get("message_id")) and self._called(cause):
            caused = self._admin.get("/transactions", **query)
            return [record for record in caused if record["client"] not in self._theirs]
        rest = {name: value for name, value in query.items() if name not in ("client", "member")}
        if query.get("client"):
            clients: Sequence[str] = [self._own(query["client"])]
        else:
            member = query.get("member", "")
            clients = [each for each in self._mine if f"{each}/".startswith(f"{member}/" if member else "")][-_LATEST:]
        found = [record for client in clients for record in self._admin.get("/transactions", client=client, **rest)]
        forward = bool(query.get("after"))
        found.sort(key=lambda record: int(record["seq"]), reverse=not forward)
        limit = query.get("limit", "")
        return found[: int(limit) if limit.isdecimal() else _PAGE]

    def _transaction(self, transaction: str, query: Query, body: Any) -> Any:
        found = self._admin.get(f"/transactions/{path_part(transaction)}")
        if not all(self._concerns(record) for record in found):
            raise NotYours(_("the transaction {transaction!r} is not one of your group", transaction=transaction[:64]))
        return found

    def _concerns(self, record: Mapping[str, Any]) -> bool:
        """Whether a call is one of the group, or one that an agency made because of it."""
        client, cause = record["client"], record["message_id"]
        return client in self._mine or bool(client not in self._theirs and cause and self._called(cause))

    def _called(self, transaction: str) -> bool:
        """Whether the group has made the call with this id."""
        try:
            found = self._admin.get(f"/transactions/{path_part(transaction)}")
        except AdminRefused:  # most message ids are no transactions
            return False
        return all(record["client"] in self._mine for record in found)

    def _explanation(self, transaction: str, query: Query, body: Any) -> Any:
        self._transaction(transaction, query, body)
        return self._admin.get(f"/transactions/{path_part(transaction)}/explanation", language=query.get("language"))

    def _evidence(self, transaction: str, query: Query, body: Any) -> Any:
        self._transaction(transaction, query, body)
        return self._admin.get(f"/ledger/evidence/{path_part(transaction)}")


def _of(body: Any, name: str) -> Any:
    return body.get(name) if isinstance(body, Mapping) else None
