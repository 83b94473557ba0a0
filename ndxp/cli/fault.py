"""Commands that set faults on purpose, for a test or a lesson: fault add, list, remove, clear, scenario, effects."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from ndxp.admin import AdminRefused, Session, path_part
from ndxp.cli.names import full_method, full_service, methods, must_be_offered
from ndxp.faults import scenario as scenarios
from ndxp.faults.duration import seconds_in
from ndxp.faults.effects import EFFECTS
from ndxp.faults.scenario import Scenario
from ndxp.identifiers import in_slashes
from ndxp.language import Language, _, speaking, spoken
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.plural import count as counted
from ndxp.terminal import complain, console, print_json, styled, table, visible

app = typer.Typer()
fault_app = typer.Typer(
    help="Sets faults on purpose, for a test or a lesson.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(fault_app, name="fault")

_PATTERN = frozenset("*?[")

For = Annotated[str, typer.Option("--for", metavar="TIME", help="How long it is on: 30s, 10m, 2h.")]


@fault_app.command()
def add(
    consumer: Annotated[
        str, typer.Option(help="Whose calls: a subsystem, a member or group:NAME; all without it.")
    ] = "",
    provider: Annotated[str, typer.Option(help="Calls of whose services.")] = "",
    method: Annotated[
        list[str] | None, typer.Option(help="A method, or a pattern such as 'PopulationService/Get*'; may be repeated.")
    ] = None,
    purpose: Annotated[str, typer.Option(help="Calls for this purpose.")] = "",
    message_id: Annotated[str, typer.Option(help="Calls with this x-ndxp-message-id.")] = "",
    nth: Annotated[str, typer.Option(help="Which of these calls: 3, 1-2, 5-, even, odd, '*/10', or several.")] = "",
    count: Annotated[
        str, typer.Option(help="Calls are counted for the whole rule, each consumer, or each message (id).")
    ] = "rule",
    share: Annotated[float, typer.Option(help="The part of these calls that meets the fault, by chance.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed and --id choose the same calls.")] = 0,
    hours: Annotated[str, typer.Option(help="Time of day in Vietnam: 08:00-12:00.")] = "",
    day: Annotated[list[str] | None, typer.Option(help="Day of the week: Mon; may be repeated.")] = None,
    lasts: For = "",
    until: Annotated[str, typer.Option(help="Its end: 2026-12-31, or 2026-12-31T17:00:00+07:00.")] = "",
    code: Annotated[str, typer.Option(help="The calls end with this gRPC status: UNAVAILABLE.")] = "",
    reason: Annotated[str, typer.Option(help="With --code: the reason that the caller reads.")] = "",
    retry_after: Annotated[str, typer.Option(help="With --code: when the caller may try again: 30s.")] = "",
    delay: Annotated[str, typer.Option(help="The calls wait: 2s, normal:2s:500ms, card-lookup.")] = "",
    effect: Annotated[str, typer.Option(metavar="TEXT", help="Other effects: see `ndxp fault effects`.")] = "",
    note: Annotated[str, typer.Option(help="Why, for people to read.")] = "",
    fault_id: Annotated[str, typer.Option("--id", help="A name for it; one is made without it.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Adds a fault: which calls meet it, what happens to them, and for how long (10 minutes).

    Every gateway knows it within a second. An answer that a fault has touched says so (x-ndxp-fault), and so does the
    record in the ledger. A method may have a short name, as in `ndxp call`.

    Examples: `ndxp fault add --method VerifyCitizen --delay 2s`; `ndxp fault add --provider VN/GOV/G24/health-insurance
    --share 0.3 --code UNAVAILABLE --retry-after 5s --for 1m`; `ndxp fault add --method SubmitApplication --nth 1
    --effect lose`
    """
    if lasts and until:
        complain(_("--for and --until both say when it ends: give one of them"))
        raise typer.Exit(2)
    named = {"code": code, "reason": reason, "retry_after": retry_after, "delay": delay}
    effects = [f"{name}={value}" for name, value in named.items() if value]
    if not (effects or effect):
        complain(
            _("say what happens to the calls: --delay 2s, --code UNAVAILABLE, or --effect (see `ndxp fault effects`)")
        )
        raise typer.Exit(2)
    until = until or _end(lasts or "10m")
    session = Session(folder)
    contract, chosen = _methods(session, method or [])
    rule = {
        "id": fault_id, "consumer": in_slashes(consumer), "provider": in_slashes(provider), "contract": contract,
        "methods": chosen, "purpose": purpose, "message_id": message_id, "nth": nth, "count": count, "share": share,
        "seed": seed, "hours": hours, "days": day or [], "valid_until": until, "note": note,
        "do": ", ".join([*effects, *filter(None, [effect])]),
    }  # fmt: skip
    _added(session, [{name: value for name, value in rule.items() if value not in ("", [])}], as_json)


@fault_app.command("list")
def list_faults(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Shows the faults that are on or will be, until when, and for which calls."""
    found = Session(folder).get("/faults")
    if as_json:
        print_json(found)
    elif found:
        print_faults(found)
    else:
        console.print(_("No fault is set."))


@fault_app.command()
def remove(
    fault_id: Annotated[str, typer.Argument(metavar="ID", help="The id, as `ndxp fault list` shows it.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Removes a fault. Every gateway forgets it within a second.

    Example: `ndxp fault remove slow-insurance-1`
    """
    Session(folder).send("DELETE", f"/faults/{path_part(fault_id)}")
    if as_json:
        print_json({"removed": [fault_id]})
    else:
        console.print(_("Removed the fault {fault_id}.", fault_id=fault_id))


@fault_app.command()
def clear(
    scenario: Annotated[str, typer.Option(help="Only the faults of this scenario.")] = "",
    consumer: Annotated[str, typer.Option(help="Only those that are for this consumer alone.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Removes all faults, or those of a scenario or a consumer.

    Examples: `ndxp fault clear`; `ndxp fault clear --scenario slow-insurance`
    """
    session, wanted = Session(folder), {"scenario": scenario, "consumer": in_slashes(consumer)}
    wanted = {name: value for name, value in wanted.items() if value}
    gone = [fault["id"] for fault in session.get("/faults") if fault.items() >= wanted.items()]
    session.send("DELETE", "/faults", query=wanted)
    if as_json:
        print_json({"removed": gone})
    else:
        console.print(_("Removed {gone}.", gone=counted(len(gone), "fault")))


@fault_app.command("scenario")
def set_scenario(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The scenario; all are told without it.")] = "",
    lasts: For = "10m",
    consumer: Annotated[str, typer.Option(help="For the calls of this consumer only.")] = "",
    lang: Annotated[Language | None, typer.Option("--lang", help="The language of the story.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Sets all faults of a scenario, and tells its story and what to look at.

    Without NAME it tells what scenarios there are. A scenario that is on already begins anew.

    Examples: `ndxp fault scenario`; `ndxp fault scenario lost-answer --for 5m`; `ndxp fault scenario --lang vi`
    """
    language = lang or spoken()
    if not name:
        _tell_all(list(scenarios.all_scenarios()), language, as_json)
        return
    chosen = scenarios.load(name)
    rules = chosen.rules(_end(lasts), in_slashes(consumer))
    session = Session(folder)
    session.send("DELETE", "/faults", query={"scenario": name})
    if not as_json:
        _tell(chosen, language)
    _added(session, rules, as_json)
    if not as_json:
        with speaking(language):
            ends = _("It ends by itself; earlier with `ndxp fault clear --scenario {name}`", name=name)
        console.print(ends, soft_wrap=True)


@fault_app.command()
def effects(as_json: Json = False) -> None:
    """Shows what a fault can do to a call.

    Several effects are one text, with commas between: `--effect "delay=2s, code=UNAVAILABLE"`.
    """
    if as_json:
        print_json([{"name": each.name, "form": each.form, "meaning": each.meaning} for each in EFFECTS])
    else:
        console.print(table(("effect", "what it does"), [(each.form, _(each.meaning)) for each in EFFECTS]))


def print_faults(found: Iterable[dict[str, Any]]) -> None:
    """Prints faults as the admin API gives them, one line each."""
    columns = ("id", "on", "until", "effects", "calls", "note")
    rows = [
        (fault["id"], _("yes") if fault["on"] else _("no"), _moment(fault["valid_until"]), fault["do"], _calls(fault),
         fault["note"])
        for fault in found
    ]  # fmt: skip
    console.print(table(columns, rows))


def _calls(fault: dict[str, Any]) -> str:
    """The calls that meet a fault, in words."""
    of = " ".join(filter(None, (fault["contract"].rpartition(".")[2], ", ".join(fault["methods"]))))
    counted_by = {"consumer": _(" of each consumer"), "message": _(" of each message id")}.get(fault["count"], "")
    conditions = (
        ("", of.replace(" ", "/", 1) if fault["contract"] and fault["methods"] else of),
        (_("to "), fault["provider"]),
        (_("by "), fault["consumer"]),
        (_("for the purpose "), fault["purpose"]),
        (_("with the message id "), fault["message_id"]),
        (_("number "), fault["nth"] and fault["nth"] + counted_by),
        ("", _("{share:.3g} of them", share=fault["share"]) if fault["share"] < 1 else ""),
        (_("at "), fault["hours"]),
        (_("on "), ", ".join(fault["days"])),
    )
    return " ".join(f"{word}{what}" for word, what in conditions if what) or _("all")


def _methods(session: Session, named: list[str]) -> tuple[str, list[str]]:
    """The contract, and the methods in it, that names and patterns mean. Ends the command when there are none such."""
    contracts, found = set[str](), []
    for name in named:
        if _PATTERN & set(name):
            service, pattern = name.rpartition("/")[::2]
            contracts.add(full_service(session, service) if service else "")
        else:
            full = must_be_offered("method", full_method(session, name), methods(session))
            service, pattern = full.partition("/")[::2]
            contracts.add(service)
        found.append(pattern)
    if len(contracts) > 1:
        complain(
            _(
                "the methods are of {contracts} services, and a fault is about one: add a fault for each",
                contracts=len(contracts),
            )
        )
        raise typer.Exit(2)
    return (*contracts, "")[0], found


def _end(lasts: str) -> str:
    """The moment at which a time that begins now is over. Raises AdminRefused."""
    try:
        return (datetime.now().astimezone() + timedelta(seconds=seconds_in(lasts))).isoformat(timespec="seconds")
    except (ValueError, OverflowError) as error:
        raise AdminRefused(_("--for: {error}", error=error)) from error


def _moment(until: str) -> str:
    """The end of a fault: a date as it is, another moment as local time, without the date if it is today."""
    if len(until) == len("2026-12-31"):
        return until
    local = datetime.fromisoformat(until.upper()).astimezone()
    return f"{local:%H:%M:%S}" if local.date() == datetime.now().date() else f"{local:%Y-%m-%d %H:%M}"


def _added(session: Session, rules: list[dict[str, Any]], as_json: bool) -> None:
    added = session.send("POST", "/faults", body=rules)
    if as_json:
        print_json(added)
    else:
        print_faults(added)


def _tell(told: Scenario, language: Language) -> None:
    console.print(styled("[bold]{}[/]", told.title[language]), soft_wrap=True)
    console.print(visible(told.story[language]), soft_wrap=True)
    with speaking(language):
        watch = _("What to look at")
    console.print(styled("[bold]{}[/]: {}\n", watch, told.watch[language]), soft_wrap=True)


def _tell_all(found: list[Scenario], language: Language, as_json: bool) -> None:
    if as_json:
        print_json(
            [{"name": s.name, "title": s.title, "story": s.story, "watch": s.watch, "faults": s.faults} for s in found]
        )
        return
    for each in found:
        console.print(styled("[bold]{}[/]  {}", each.name, each.title[language]), soft_wrap=True)
        console.print(f"  {each.story[language]}", soft_wrap=True)
