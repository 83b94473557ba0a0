"""The history of the keys that have signed the ledger: each one was named by the one before it."""

from pathlib import Path
from typing import Any

from console.exchange import Refused
from console.parts import box, section, table, text
from console.shell import View
from ndxp.admin import AdminApi
from ndxp.ledger.checkpoint import Key, KeyChange, NoteRefused, open_note
from ndxp.ledger.verification import keys_in

_COLUMNS = ("keys.id", "keys.name", "keys.state", "keys.named", "keys.trust")


def own_keys(folder: Path) -> list[Key]:
    """The public keys in a run folder. Raises Refused, which says why there are none."""
    try:
        return keys_in(folder)
    except (OSError, NoteRefused) as error:
        raise Refused(f"no public keys of the ledger: {error}") from error


def show_keys(view: View) -> None:
    """The part of the page."""
    with section(view.texts("keys")):
        text("p", view.texts("keys.note"), "quiet")
        place = box("div")

    async def fill() -> None:
        rows = await view.exchange.ask(lambda api: _rows(api, view))
        place.clear()
        with place:
            table([view.texts(key) for key in _COLUMNS], rows)

    view.load(fill)


def _rows(api: AdminApi, view: View) -> list[tuple[str, ...]]:
    found: dict[str, Any] = api.get("/ledger/keys")
    own, keys = own_keys(view.exchange.folder), [Key.parse(each) for each in found["keys"]]
    trusted, named = KeyChange.follow(own, found["changes"]), _named(found["changes"], keys)
    t = view.texts
    rows: list[tuple[str, ...]] = []
    for key in keys:
        trust = "keys.own" if key in own else "keys.followed" if key in trusted else "keys.unknown"
        state = "keys.signs" if key == keys[-1] else "keys.earlier"
        rows.append((key.id.hex(), key.name, t(state), named.get(key, "–"), t(trust)))
    return rows


def _named(changes: list[str], keys: list[Key]) -> dict[Key, str]:
    """By which key each key was named, as the signed notes say."""
    named = {}
    for note in changes:
        try:
            said, signers = open_note(note, keys)
            named[Key.parse(said.split("\n")[1])] = ", ".join(each.id.hex() for each in signers)
        except (NoteRefused, IndexError):
            continue
    return named
