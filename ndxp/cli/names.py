"""Names of services and methods in the command line: short ones, and what may be meant by a wrong one."""

from collections.abc import Collection
from difflib import get_close_matches

import typer

from ndxp.admin import Session
from ndxp.language import _
from ndxp.terminal import complain

_MOST = 10
"""How many names a line lists."""


def full_method(session: Session, name: str) -> str:
    """The method "package.Service/Method" that a name such as Service/Method or Method means.

    A name that means none stays as it is. One that means several ends the command with exit code 2.
    """
    service, slash, _ = name.partition("/")
    return name if slash and "." in service else _full(name, methods(session))


def full_service(session: Session, name: str) -> str:
    """The service "package.Service" that a name such as Service means; as ``full_method``."""
    return name if "." in name else _full(name, services(session))


def methods(session: Session) -> set[str]:
    """The methods on the exchange, in full."""
    return {f"{service['contract']}/{name}" for service in session.get("/services") for name in service["methods"]}


def services(session: Session) -> set[str]:
    """The services on the exchange, in full."""
    return {service["contract"] for service in session.get("/services")}


def similar(name: str, known: Collection[str]) -> str:
    """The full name that is most like a wrong one, which may be short; empty when none is."""
    spelt = dict[str, str]()
    for full in sorted(known, reverse=True):
        package_and_service, _, method = full.partition("/")
        service = package_and_service.rpartition(".")[2]
        for spelling in (full, f"{service}/{method}", method) if method else (full, service):
            spelt[spelling.casefold()] = full
    meant = get_close_matches(name.casefold(), spelt, n=1)
    return spelt[meant[0]] if meant else ""


def must_be_offered(what: str, name: str, known: Collection[str]) -> str:
    """Gives the name back. Ends the command with exit code 2 and a line when the exchange has no such name."""
    if name not in known:
        meant = similar(name, known)
        advice = _("did you mean {meant!r}?", meant=meant) if meant else _("see `ndxp services`")
        complain(_("no such {what}: {name!r}; {advice}", what=_(what), name=name[:100], advice=advice))
        raise typer.Exit(2)
    return name


def _full(name: str, known: Collection[str]) -> str:
    meant = sorted(each for each in known if each.endswith((f"/{name}", f".{name}")))
    if len(meant) > 1:
        more = _(" and {more} more", more=len(meant) - _MOST) if len(meant) > _MOST else ""
        complain(
            _(
                "{name!r} may be {meant}{more}: name one of them in full",
                name=name[:100],
                meant=", ".join(meant[:_MOST]),
                more=more,
            )
        )
        raise typer.Exit(2)
    return meant[0] if meant else name
