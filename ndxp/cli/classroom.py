"""Commands of a class: class start, status, lab, fault, reset, results and end for a teacher; class join for pupils."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from ndxp.classroom.kept import Kept
from ndxp.language import Language, _
from ndxp.options import DEFAULT_FOLDER, Folder, Json, Labs, named
from ndxp.plural import count, decimal
from ndxp.sandbox.console import Console
from ndxp.sandbox.ports import own_address
from ndxp.sandbox.state import State
from ndxp.terminal import complain, console, print_json, table

app = typer.Typer()
class_app = typer.Typer(
    help="A class on this exchange: groups with codes, each with labs and a view of the ledger of its own.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip
app.add_typer(class_app, name="class")

_JOIN, _WALL = "/class/join", "/class/wall"
_HTTPS = 443
_USUAL_URL = "http://127.0.0.1:8082"

_Group = Annotated[list[str] | None, typer.Option("--group", help="The number of a group; may be repeated.")]


@class_app.command()
def start(
    groups: Annotated[int, typer.Option(min=1, help="How many groups, 60 at most.")],
    lab: Annotated[str, typer.Option(help="The lab to begin with: its name or number.")] = "1",
    language: Annotated[Language, typer.Option("--lang", help="The language of the class.")] = "vi",
    labs: Labs = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Begins a class, and prints a code for each group.

    Pupils need no names and no accounts: the code of a group lets them in, in the browser at /class/join of the
    console, or with `ndxp class join`. The console must run: `ndxp console`. For pupils at other machines the exchange
    must be started with `ndxp up -d --address`, and the IP address of this machine.

    Examples: `ndxp class start --groups 12`; `ndxp class start --groups 12 --lab 2 --lang vi`
    """
    from ndxp.classroom.classroom import Classroom

    with Classroom.start(folder, groups, lab, language, labs or []) as room:
        kept = room.kept
    running = Console.running(folder)
    url, fingerprint = (f"{running.url}{_JOIN}", running.fingerprint) if running is not None else ("", "")
    codes = {name: group.code for name, group in kept.groups.items()}
    if as_json:
        print_json({"codes": codes, "join_url": url, "fingerprint": fingerprint})
        return
    console.print(table(("group", "code"), list(codes.items())))
    if running is not None:
        _tell_where(running, url, State.running(folder))
    else:
        console.print(_("Next: `ndxp console`, which pupils need to join; then `ndxp class status`."), soft_wrap=True)


@class_app.command()
def status(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Shows how far each group is, as its last check said, and who needs help.

    A group needs help when five minutes passed without progress, or after five checks and hints for one task.

    Example: `ndxp class status`
    """
    from ndxp.classroom.classroom import Classroom

    with Classroom.go_on(folder) as room:
        standings, codes = room.standings(), {name: group.code for name, group in room.kept.groups.items()}
    if as_json:
        shown = [
            {
                "group": each.group, "code": codes[each.group], "lab": each.lab, "state": each.state,
                "done": each.done, "tasks": each.tasks, "task": each.task, "checks": each.checks,
                "hints": each.hints, "quiet_seconds": round(each.quiet), "stuck": each.stuck,
            }
            for each in standings
        ]  # fmt: skip
        print_json(shown)
        return
    rows = [
        (each.group, codes[each.group], each.lab.partition("-")[0], f"{each.done}/{each.tasks}",
         each.task or _("all done"), each.checks, each.hints, _("{minutes} min", minutes=f"{each.quiet / 60:.0f}"),
         _("needs help") if each.stuck else "")
        for each in standings
    ]  # fmt: skip
    columns = ("group", "code", "lab", "done#", "at task", "checks#", "hints#", "no progress#", "")
    console.print(table(columns, rows))


@class_app.command("lab")
def next_lab(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The lab's name, or its number.")],
    group: _Group = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Begins a lab for all groups, or for some.

    Examples: `ndxp class lab 8`; `ndxp class lab 2 --group 3 --group 4`
    """
    from ndxp.classroom.classroom import Classroom

    with Classroom.go_on(folder) as room:
        names = [room.named(each) for each in group or []]
        for each in names:
            room.group(each)
        room.begin(name, names)
        begun = {each: room.kept.groups[each].lab for each in names or room.kept.groups}
    groups, lab = count(len(begun), "group"), next(iter(begun.values()))
    _say(begun, _("{groups} begin {lab}.", groups=groups, lab=lab), as_json)


@class_app.command()
def fault(
    effects: Annotated[str, typer.Argument(metavar="TEXT", help="What happens: see `ndxp fault effects`.")] = "",
    group: _Group = None,
    minutes: Annotated[float, typer.Option(min=0.1, max=1440, help="How long it is on.")] = 10,
    provider: Annotated[str, typer.Option(help="Calls of whose services; all without it.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Remove the faults that this command has set.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Sets a fault for the calls of all groups, or of some. Groups cannot remove it.

    Examples: `ndxp class fault delay=2s`; `ndxp class fault "code=UNAVAILABLE" --group 3`; `ndxp class fault --off`
    """
    from ndxp.classroom.classroom import Classroom

    if bool(effects) == off:
        complain(_('say what happens to the calls, such as "delay=2s", or --off'))
        raise typer.Exit(2)
    with Classroom.go_on(folder) as room:
        names = [room.named(each) for each in group or []]
        for each in names:
            room.group(each)
        if off:
            removed = room.calm(names)
            _say({"removed": removed}, _("Removed {faults}.", faults=count(removed, "fault")), as_json)
            return
        more = {"provider": provider} if provider else {}
        number = room.fault(effects, names, minutes=minutes, **more)
    where, how_long = count(number, "subsystem"), decimal(minutes, "g")
    told = _("Set it for {subsystems}, for {minutes} minutes.", subsystems=where, minutes=how_long)
    _say({"subsystems": number}, told, as_json)


@class_app.command()
def reset(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The number of the group.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Makes the state of the start again, for one group.

    Example: `ndxp class reset 3`
    """
    from ndxp.classroom.classroom import Classroom

    with Classroom.go_on(folder) as room:
        name = room.named(group)
        room.reset(name)
        lab = room.group(name).lab
    _say({"group": name, "lab": lab}, _("Group {name} begins {lab} anew.", name=name, lab=lab), as_json)


@class_app.command()
def results(
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line for each task of each group.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Shows what each group has done at each lab of this class.

    Example: `ndxp class results --csv`
    """
    from ndxp.classroom.classroom import Classroom

    with Classroom.go_on(folder) as room:
        rows, text = room.table(), room.csv()
    if as_csv:
        typer.echo(text, nl=False)
    elif as_json:
        print_json(rows)
    else:
        columns = ("group", "lab", "task", "done#", "checks#", "hints#")
        console.print(table(columns, [tuple(row.values()) for row in rows]))


@class_app.command()
def end(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Ends the class: removes its groups with their subsystems, and what was kept of them. The ledger stays.

    Print the results first: `ndxp class results --csv > results.csv`.

    Example: `ndxp class end`
    """
    from ndxp.classroom.classroom import Classroom
    from ndxp.labs.course import operator_of

    if Kept.there(folder):
        with Classroom(folder, operator_of(folder)) as room:
            room.end()
    else:
        Kept.read(folder)
    _say({"state": "ended"}, _("The class has ended."), as_json)


@class_app.command()
def join(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code of your group.")],
    at: Annotated[str, typer.Option("--at", metavar="URL", help="Where the console of the class is.")] = _USUAL_URL,
    fingerprint: Annotated[
        str, typer.Option(help="The SHA-256 fingerprint of the class's certificate, as your teacher shows it.")
    ] = "",
    authority: Annotated[
        Path | None, typer.Option("--ca", help="Or the authority that has made this certificate: a file.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Joins a class with a code, for pupils: makes a run folder with the credentials of the group, and no others.

    In it `ndxp call --as`, `ndxp log`, `ndxp can`, `ndxp grants` and `ndxp lab` work, for the subsystems of the group.
    Several pupils may join one group; they share its lab. At another machine than the teacher's, the URL begins with
    https://, and `ndxp call` works where the exchange has TLS.

    Examples: `ndxp class join KWXT4R`; `ndxp class join KWXT4R --at http://127.0.0.1:8082 --folder mine`;
    `ndxp class join KWXT4R --at https://192.168.1.20:8082 --fingerprint "3f2a 90..."`
    """
    from ndxp.classroom.pupil import Joined

    with Joined.join(at, code, folder, fingerprint=fingerprint, authority=authority) as joined:
        member = joined.membership
        if as_json:
            print_json({"group": member.group, "lab": joined.name, "subsystems": member.subsystems})
            return
        console.print(_("You are group {group}; the lab is {lab}.", group=member.group, lab=joined.name))
        console.print(table(("role", "subsystem"), list(member.subsystems.items())))
        there = named(folder)
        told = _("Next: `ndxp lab show{there}` tells the tasks, `ndxp lab check{there}` what is done.", there=there)
        console.print(told, soft_wrap=True)
        if not member.gateway:
            told = _(
                "From this machine `ndxp lab`, `ndxp log`, `ndxp explain`, `ndxp can`, `ndxp grants` and `ndxp quota` "
                "work. `ndxp call` and programs do not: make calls in the browser, at {url}.",
                url=f"{at.rstrip('/')}{_JOIN}",
            )
            console.print(told, soft_wrap=True)


def _tell_where(running: Console, url: str, state: State) -> None:
    """Tells a teacher where pupils join, and what else the room needs."""
    from ndxp.classroom.trust import grouped

    how = f" --fingerprint {running.fingerprint}" if running.fingerprint else ""
    lines = [
        _("Pupils join in the browser, at {url}", url=url),
        _("or in a terminal: {command}", command=f"ndxp class join CODE --at {running.url}{how}"),
    ]
    if running.fingerprint:
        lines += [
            _("If a browser warns of the certificate, its SHA-256 fingerprint must be this one:"),
            f"  {grouped(running.fingerprint)}",
        ]
    if running.local:
        lines.append(
            _(
                "Only this machine reaches that. For pupils at other machines: `ndxp down`, then "
                "`ndxp up -d --address {address}`, with the IP address of this machine; the class goes on.",
                address=own_address(),
            )
        )
    else:
        ports = [urlsplit(running.url).port, *([urlsplit(f"//{state.reached}").port] if state.reached else [])]
        lines += [
            _("To project this: `ndxp console`, and in the same browser {url}", url=f"{running.url}{_WALL}"),
            _(
                "A firewall of this machine must let in TCP port {ports} from the room.",
                ports=" ".join(str(port or _HTTPS) for port in ports),
            ),
        ]
        if not state.reached:
            lines.append(
                _(
                    "Programs of pupils at other machines cannot call the gateway: that needs "
                    "`ndxp up -d --tls --address {address}`.",
                    address=running.host,
                )
            )
    for line in lines:
        console.print(line, soft_wrap=True)


def _say(told: dict[str, Any], line: str, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        console.print(line, soft_wrap=True)
