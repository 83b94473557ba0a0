"""The members as whom the console can call: those whose secrets are in the run folder."""

from collections.abc import Iterable

from console.matrix import Member
from ndxp.admin import AdminApi
from ndxp.client import TokenRefused, Tokens
from ndxp.contract import Contract
from ndxp.reflection import look_up


def subsystems(members: Iterable[Member]) -> dict[str, str]:
    """All subsystems with the names of their members, in their order."""
    return {f"{each['id']}/{part}": each["name"] for each in members for part in each["subsystems"]}


def contracts(api: AdminApi, names: Iterable[str]) -> dict[str, Contract | None]:
    """Contracts by name, as reflection shows them to a member; None for one that it does not know.

    Raises TokenRefused when the run folder has the secret of none.
    """
    tokens = _somebody(api)
    return {name: look_up(api.state.gateway, tokens, name) for name in names}


def entry(api: AdminApi, member: str) -> tuple[str, Tokens]:
    """Where the gateway is, and tokens of a subsystem, of which the first is there. Raises TokenRefused."""
    tokens = api.state.tokens(member)
    tokens.blocking()
    return api.state.gateway, tokens


def _somebody(api: AdminApi) -> Tokens:
    refused = TokenRefused("the exchange has no members")
    for subsystem in subsystems(api.get("/members")):
        try:
            return api.state.tokens(subsystem)
        except TokenRefused as error:
            refused = error
    raise refused
