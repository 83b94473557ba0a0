"""Commands about members and their credentials: members, member, token, keys."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from ndxp.admin import AdminRefused, Session
from ndxp.cli.filters import must_be_known
from ndxp.identifiers import in_slashes
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.terminal import console, print_json, table, warn
from ndxp.whole_file import whole_file

app = typer.Typer()
member_app = typer.Typer(
    help="Adds members, lets them call or not, and changes their credentials.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
keys_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(member_app, name="member")
app.add_typer(keys_app, name="keys")

_Member = Annotated[str, typer.Argument(metavar="MEMBER", help="A member such as VN/GOV/H26.")]
_Either = Annotated[str, typer.Argument(metavar="MEMBER", help="A member, or one of its subsystems.")]


@app.command()
def members(
    folder: Folder = DEFAULT_FOLDER,
    group: Annotated[str, typer.Option(help="Only this group: ministries, provinces, companies, connected.")] = "",
    as_json: Json = False,
) -> None:
    """Lists the members of the exchange and their subsystems.

    Examples: `ndxp members --group companies`; `ndxp members --json`
    """
    session = Session(folder)
    found = session.get("/members", group=group)
    if not found:
        must_be_known("group", group, {name for each in session.get("/members") for name in each["groups"]})
    if as_json:
        print_json(found)
        return
    rows = [(m["id"], m["name"], ", ".join(m["subsystems"]), "disabled" if m["disabled"] else "") for m in found]
    console.print(table(("member", "name", "subsystems", ""), rows))


@app.command()
def token(
    member: Annotated[str, typer.Argument(help="A subsystem such as VN/GOV/H26/one-stop, or a member with only one.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Prints an access token of a member.

    To send as `authorization: Bearer TOKEN`.

    Example: `TOKEN=$(ndxp token VN/GOV/H26/one-stop)`
    """
    session = Session(folder)
    client = session.subsystem(member)
    access_token = session.tokens(client).blocking()
    if as_json:
        print_json({"client": client, "access_token": access_token})
    else:
        typer.echo(access_token)


@member_app.command("add")
def add_member(
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="Its identifier, such as VN/COM/acme.")],
    subsystems: Annotated[list[str], typer.Argument(metavar="SUBSYSTEM...", help="Its systems, such as app.")],
    name: Annotated[str, typer.Option(help="Its name; the identifier without one.")] = "",
    group: Annotated[list[str] | None, typer.Option(help="A group whose grants it gets; may be repeated.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Adds a member, or subsystems to one, and makes their credentials.

    The secrets are in the credentials file of the run folder, and with --json in the answer.

    Examples: `ndxp member add VN/COM/acme app --name "ACME Ltd" --group companies`; `ndxp member add VN/GOV/G16 museum`
    """
    member = in_slashes(member)
    session = Session(folder)
    if any(known["id"] == member for known in session.get("/members")):
        if name or group:
            raise AdminRefused(
                _("{member} is on this exchange; leave out --name and --group to add subsystems to it", member=member)
            )
        added = session.send("POST", "/members/subsystems", body={"member": member, "subsystems": subsystems})
        done = _("{member} has {subsystems} too.", member=member, subsystems=", ".join(subsystems))
    else:
        body = {"id": member, "name": name or member, "groups": group or [], "subsystems": subsystems}
        added = session.send("POST", "/members", body=body)
        done = _("{member} is on the exchange.", member=member)
    _credentials(added, added["credentials"], session, as_json, done)


@member_app.command()
def disable(member: _Member, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Refuses all calls of a member until it is enabled again; its calls in flight end within a second.

    Example: `ndxp member disable VN/GOV/H26`, and later `ndxp member enable VN/GOV/H26`
    """
    _switch("disable", member, folder, as_json, _("{member} is disabled.", member=member))


@member_app.command()
def enable(member: _Member, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Lets a member call again, with its old credentials."""
    _switch("enable", member, folder, as_json, _("{member} may call.", member=member))


@member_app.command()
def rotate(member: _Either, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Gives new secrets, and with TLS new certificates, to all subsystems of a member, or to one.

    Old certificates, and tokens of the old secrets, are refused within a second; calls in flight with them end.

    Example: `ndxp member rotate VN/GOV/H26/one-stop`
    """
    session = Session(folder)
    rotated = session.send("POST", "/members/rotate", body={"member": member})
    names = ", ".join(rotated["credentials"])
    what = _("The credentials of {subsystems} are new; the old ones are refused.", subsystems=names)
    _credentials(rotated, rotated["credentials"], session, as_json, what)


@member_app.command()
def cert(
    member: _Either,
    host: Annotated[list[str] | None, typer.Option(help="Valid for a server on this host; may be repeated.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Makes new certificates for all subsystems of a member, or for one; only with TLS.

    Older certificates stay valid until they expire; `ndxp member rotate` ends them.

    Examples: `ndxp member cert VN/COM/acme/app`; `ndxp member cert VN/GOV/G24 --host insurance.example`
    """
    made = Session(folder).send("POST", "/members/certificates", body={"member": member, "hosts": host or []})
    if as_json:
        print_json(made)
        return
    for subsystem, file in made["certificates"].items():
        console.print(
            _("Key and certificate of {subsystem} are in {file}", subsystem=subsystem, file=file), soft_wrap=True
        )


@keys_app.callback()
def keys(context: typer.Context, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Lists and rotates the keys that sign tokens.

    Examples: `ndxp keys`; `ndxp keys rotate`
    """
    if context.invoked_subcommand is None:
        _print_keys(Session(folder).get("/keys"), as_json)


@keys_app.command("rotate")
def rotate_key(
    leaked: Annotated[bool, typer.Option("--leaked", help="End every token of the old key at once.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Signs tokens with a new key from now on.

    Tokens of the old key are valid until they expire; then the key is removed. After a leak every caller needs a new
    token at once.
    """
    _print_keys(Session(folder).send("POST", "/keys", body={"leaked": leaked}), as_json)


def _switch(verb: str, member: str, folder: Any, as_json: bool, done: str) -> None:
    changed = Session(folder).send("POST", f"/members/{verb}", body={"member": member})
    if as_json:
        print_json(changed)
    else:
        console.print(done)


def _credentials(answer: Any, secrets: dict[str, str], session: Session, as_json: bool, done: str) -> None:
    """Prints what was done and where the secrets are; the secrets themselves only with --json.

    The file of an attached exchange is a copy, which gets them here.
    """
    if session.state.attached and secrets:
        known = json.loads(session.state.credentials.read_text(encoding="utf-8"))
        with whole_file(session.state.credentials) as file:
            file.write(json.dumps({**known, **secrets}, indent=1).encode())
    if as_json:
        print_json(answer)
        return
    console.print(done, soft_wrap=True)
    warn(answer)
    if secrets:
        console.print(
            _(
                "Secrets of {secrets} are in {credentials}",
                secrets=", ".join(secrets),
                credentials=session.state.credentials,
            ),
            soft_wrap=True,
        )


def _good_until(seconds: float) -> str:
    return _("good until {time}", time=datetime.fromtimestamp(seconds).astimezone())


def _print_keys(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        (key["kid"], _("signs") if key["signs"] else _good_until(key["until"]))
        for key in sorted(found, key=lambda key: bool(key["signs"]))
    ]
    console.print(table(("key", ""), rows))
