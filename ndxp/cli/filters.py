"""Checks values of filters: an unknown value is an error that names a similar known value, instead of no results."""

from collections.abc import Iterable
from difflib import get_close_matches

import typer

from ndxp.admin import Session
from ndxp.errors import Reason
from ndxp.identifiers import member_of
from ndxp.language import _
from ndxp.terminal import complain

_FEW = 20
"""How many known values the error lists when none is similar."""


def must_be_known(what: str, value: str | None, known: Iterable[str], *, closed: bool = True) -> None:
    """Ends the command with exit code 2 and a line when a value is unknown.

    ``what`` names the kind of value. If the list is not ``closed``, a value that resembles no known one may be right.
    """
    values = {each.casefold(): each for each in known if each}
    if not value or value in values.values():
        return
    meant = get_close_matches(value.casefold(), sorted(values), n=1)
    if meant:
        complain(
            _(
                "no such {what}: {value!r}; did you mean {meant!r}?",
                what=_(what),
                value=value[:100],
                meant=values[meant[0]],
            )
        )
    elif not closed:
        return
    elif len(values) <= _FEW:
        complain(
            _(
                "no such {what}: {value!r}; there are {known}",
                what=_(what),
                value=value[:100],
                known=", ".join(sorted(values.values())),
            )
        )
    else:
        complain(_("no such {what}: {value!r}", what=_(what), value=value[:100]))
    raise typer.Exit(2)


def must_lead_somewhere(
    session: Session,
    *,
    client: str | None = None,
    member: str | None = None,
    service: str | None = None,
    method: str | None = None,
    reason: str | None = None,
    purpose: str | None = None,
) -> None:
    """Checks the filters of a search in the ledger that has found nothing.

    A value is known when the registry or a record has it. Purposes are free text: known are those that grants name.
    It ends the command like ``must_be_known``.
    """
    if not any((client, member, service, method, reason, purpose)):
        return
    members, services = session.get("/members"), session.get("/services")
    totals = session.get("/totals")["totals"]
    subsystems = {f"{m['id']}/{name}" for m in members for name in m["subsystems"]}
    clients = subsystems | {total["client"] for total in totals}
    organisations = {m["id"] for m in members} | {member_of(each) for each in clients}
    methods = {f"{s['contract']}/{name}" for s in services for name in s["methods"]} | {t["method"] for t in totals}
    must_be_known("client", client, clients)
    must_be_known("member", member, organisations | clients)
    must_be_known("service", service, {s["provider"] for s in services} | {total["service"] for total in totals})
    must_be_known("method", method, methods | {each.rpartition("/")[2] for each in methods})
    must_be_known("reason", reason, {*map(str, Reason), *(total["reason"] for total in totals)})
    if purpose:
        stated = {each for grant in session.get("/grants") for each in grant["purposes"]}
        must_be_known("purpose in a grant", purpose, stated, closed=False)
