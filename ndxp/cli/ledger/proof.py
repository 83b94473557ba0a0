"""Commands that prove and check: log evidence, check, verify, checkpoint, consistency, keys, rotate-key."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ndxp.admin import Session, path_part
from ndxp.cli.ledger.log import Transaction
from ndxp.errors import Code
from ndxp.language import _
from ndxp.ledger.audit import Audited
from ndxp.ledger.backup import Backup, BackupRefused
from ndxp.ledger.checkpoint import Checkpoint, Key, NoteRefused
from ndxp.ledger.evidence import EvidenceRefused, check
from ndxp.ledger.merkle import ProofRefused
from ndxp.ledger.verification import (
    KEYS,
    REMEMBERED,
    LedgerDamaged,
    RememberedRefused,
    followed,
    only_grown,
    refuse_damage,
)
from ndxp.ledger.verification import verify as verify_ledger
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.plural import count
from ndxp.terminal import complain, console, moment, print_json, progress, table, visible
from ndxp.whole_file import whole_file

app = typer.Typer()

_SHOWN = 50

KeyOption = Annotated[
    str, typer.Option("--key", help="Public key, or a file of public keys; by default those in the run folder.")
]


@app.command()
def evidence(
    transaction: Transaction,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; without it, standard output.")] = None,
    salt: Annotated[bool, typer.Option("--salt", help="With the salt, which opens the messages' hashes.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Writes the evidence of a transaction.

    It has the records, the proof that the ledger holds them, and the signed checkpoint of the proof. Anybody can check
    it with `ndxp log check`, without this exchange. With --salt, whoever has the file and a message can check that it
    was this message; whoever has the file alone can guess messages and try them.

    Example: `ndxp log evidence 01890a5d-ac96-774b-bcce-b302099a8057 -o proof.json`
    """
    given = Session(folder).get(f"/ledger/evidence/{path_part(transaction)}", salt=str(salt).lower())
    if output is None:
        print_json(given, indent=1)
        return
    with file_errors(output), whole_file(output) as file:
        file.write(f"{json.dumps(given, ensure_ascii=False, indent=1)}\n".encode())
    if as_json:
        print_json({"file": str(output)})
    else:
        console.print(_("Evidence is in {output}. To check it: ndxp log check {output}", output=output), soft_wrap=True)


@app.command("check")
def check_file(
    file: Annotated[Path, typer.Argument(help="Evidence that `ndxp log evidence` wrote.")],
    key: KeyOption = "",
    request: Annotated[Path | None, typer.Option(help="File with the request message, as it was on the wire.")] = None,
    response: Annotated[Path | None, typer.Option(help="File with the response message.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Checks evidence with a public key, without an exchange. Exit code 1 when it proves nothing.

    Example: `ndxp log check proof.json --key ledger-keys`
    """
    keys = public_keys(key, folder)
    try:
        with file_errors(file):
            proven = check(file.read_text(encoding="utf-8", errors="replace"), keys)
        for direction, message in (("request", request), ("response", response)):
            if message is not None:
                with file_errors(message):
                    proven.check_messages(direction, [message.read_bytes()])
    except EvidenceRefused as error:
        if as_json:
            print_json({"good": False, "why": str(error)})
        else:
            console.print(
                _("✗ {file} does not prove that: {error}", file=file, error=error), style="red", soft_wrap=True
            )
        raise typer.Exit(1) from None
    records = [{"seq": seq, **record} for seq, record in proven.records]
    if as_json:
        print_json(
            {"good": True, "ledger": proven.checkpoint.origin, "size": proven.checkpoint.size, "records": records}
        )
        return
    for record in records:
        status = Code(record.get("status_code", 0)).name if record["phase"] == "outcome" else "request"
        line = _(
            "✔ record {seq} of {ledger}: {time} {client} called {method}: {status}",
            seq=record["seq"],
            ledger=proven.checkpoint.origin,
            time=moment(record.get("request_in_ts", 0)),
            client=record.get("client", "-"),
            method=record.get("method", "-"),
            status=status,
        )
        console.print(visible(line), style="green", soft_wrap=True)
    console.print(_("Signed as one of the first {size}.", size=count(proven.checkpoint.size, "record")))


@app.command()
def verify(
    key: KeyOption = "",
    backup: Annotated[Path | None, typer.Option(help="A file of `ndxp log backup` instead; needs no exchange.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Verifies the whole ledger, or a backup of it.

    It computes every hash from the records and compares them with the signed checkpoints, also with the one that it
    remembered the last time. Then it compares what is derived from the records: the database's indexes, the index of
    subjects, statistics. It names what is wrong; exit code 1 when anything is.
    """
    if backup is not None:
        _tell(_verified(backup, public_keys(key, folder)), as_json)
    session = Session(folder)
    keys = followed(session, public_keys(key, folder))
    try:
        with progress(_("Verifying")) as show:
            audited = verify_ledger(session, keys, folder / REMEMBERED, show)
    except RememberedRefused as error:
        complain(str(error))
        raise typer.Exit(1) from None
    _tell(audited, as_json)


@app.command()
def checkpoint(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Prints a signed checkpoint over all calls that were answered before.

    If you keep it elsewhere, nobody can change what it covers unnoticed.

    Example: `ndxp log checkpoint > monday.checkpoint`, and later `ndxp log consistency monday.checkpoint`
    """
    session = Session(folder)
    state = session.get("/ledger", signed="true")
    note = state.get("checkpoint", "")
    try:
        refuse_damage(state)
        if note:
            Checkpoint.open(note, followed(session, public_keys("", folder)))
    except LedgerDamaged as error:
        _end(error)
    except NoteRefused as error:
        complain(_("the ledger's latest checkpoint does not hold: {error}; see `ndxp log verify`", error=error))
        raise typer.Exit(1) from None
    if as_json:
        print_json({"checkpoint": note})
    else:
        typer.echo(note, nl=False)


@app.command()
def consistency(
    old: Annotated[Path, typer.Argument(metavar="OLD_CHECKPOINT", help="File with a signed checkpoint.")],
    key: KeyOption = "",
    tree_only: Annotated[bool, typer.Option("--tree-only", help="Only the tree: do not read the records.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Proves that the ledger has only grown since an older checkpoint; exit code 1 when it has not.

    First it checks a short proof over the tree, then it compares every record with the tree.
    """
    session = Session(folder)
    keys = followed(session, public_keys(key, folder))
    with file_errors(old):
        text = old.read_text(encoding="utf-8", errors="replace")
    try:
        if tree_only:
            grown = only_grown(session, keys, text)
        else:
            with progress(_("Reading the records")) as show:
                grown = only_grown(session, keys, text, show)
    except LedgerDamaged as error:
        _end(error)
    except (NoteRefused, ProofRefused) as error:
        if as_json:
            print_json({"consistent": False, "why": str(error)})
        else:
            console.print(f"✗ {error}", style="red", soft_wrap=True)
        raise typer.Exit(1) from None
    before, now = grown.before, grown.now
    if as_json:
        print_json({"consistent": True, "old": before.size, "new": now.size, "records_checked": not tree_only})
        return
    console.print(
        _(
            "✔ The first {first} of {records} are those of {old}.",
            first=before.size,
            records=count(now.size, "record"),
            old=old,
        ),
        style="green",
    )
    if tree_only:
        console.print(
            _("By the tree alone: whether the records are those of the tree was not checked."), style="yellow"
        )


@app.command()
def keys(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Prints the public keys of the ledger, the latest last; `ndxp log check --key` takes them."""
    found = [str(key) for key in public_keys("", folder)]
    if as_json:
        print_json(found)
    else:
        typer.echo("\n".join(found))


@app.command("rotate-key")
def rotate_key(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Makes a new signing key.

    The old key signs a note that names the new key, and both sign the next checkpoint. Older evidence stays valid.
    """
    made = Session(folder).send("POST", "/ledger/keys")
    if as_json:
        print_json(made)
    else:
        typer.echo(made["key"])


def _end(error: Exception) -> NoReturn:
    """Ends the command with an error."""
    complain(str(error))
    raise typer.Exit(1) from None


def _verified(file: Path, keys: list[Key]) -> Audited:
    try:
        with Backup(file) as backup, progress(_("Verifying")) as show:
            return backup.audit(keys, show)
    except BackupRefused as error:
        complain(str(error))
        raise typer.Exit(1) from None


def _tell(audited: Audited, as_json: bool) -> NoReturn:
    """Prints the result of an audit and ends the command."""
    if as_json:
        print_json({"good": not audited.findings, **asdict(audited)})
    else:
        _print_audit(audited)
    raise typer.Exit(1 if audited.findings else 0)


def _print_audit(audited: Audited) -> None:
    for loss in audited.losses:
        console.print(f"! {loss}.", style="yellow", soft_wrap=True)
    if not audited.findings:
        what = _(
            "{records} under {checkpoints}",
            records=count(audited.size, "record"),
            checkpoints=count(audited.checkpoints, "signed checkpoint"),
        )
        gone = audited.first - 1
        removed = _("; the rows of the first {number} were removed in good order", number=gone) if gone > 0 else ""
        console.print(_("✔ The ledger holds: {what}{removed}.", what=what, removed=removed), style="green")
        _print_unchecked(audited)
        return
    console.print(
        _("✗ The ledger does not hold; {findings}.", findings=count(len(audited.findings), "finding")), style="bold red"
    )
    shown = audited.findings[:_SHOWN]
    console.print(table(("record#", "what is wrong"), [(f.place or "-", f.text) for f in shown]))
    if len(shown) < len(audited.findings):
        console.print(_("The others: --json"))
    _print_unchecked(audited)


def _print_unchecked(audited: Audited) -> None:
    for what in audited.unchecked:
        console.print(_("Not checked: {what}.", what=what), style="yellow", soft_wrap=True)


def public_keys(given: str, folder: Path) -> list[Key]:
    """Public keys from an option: a key, a file of keys, or nothing for those in the run folder."""
    path = Path(given) if given else folder / KEYS
    try:
        if given and "+" in given and not path.exists():
            return [Key.parse(given)]
        return [Key.parse(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError:
        complain(
            _(
                "no public keys in {path}; `ndxp log keys` prints those of an exchange, --key takes them or a file",
                path=path,
            )
        )
    except (NoteRefused, UnicodeDecodeError) as error:
        complain(f"{path}: {error}")
    raise typer.Exit(2)


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Ends the command with one line when a file cannot be read or written within it."""
    try:
        yield
    except OSError as error:
        complain(f"{path}: {error.strerror}")
        raise typer.Exit(2) from None
