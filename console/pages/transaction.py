"""The page of one transaction: its way through the exchange, the calls around it, and the proof that it is recorded."""

import asyncio
import json
import shlex
from functools import partial
from typing import Any

from nicegui import ui

from console.exchange import Exchange
from console.pages.transactions import PATH, path_of
from console.pages.tryit.places import where
from console.parts import box, button, facts, link, section, table, text
from console.shell import View, shell
from console.terms import terms
from console.trace import Axis, Record, trace_of, tree
from ndxp import messages, other_tools
from ndxp.admin import AdminApi, path_part
from ndxp.client import TokenRefused
from ndxp.errors import code_name
from ndxp.ledger.attempts import attempts_of
from ndxp.ledger.checkpoint import Key, KeyChange, NoteRefused
from ndxp.ledger.evidence import EvidenceRefused, Proven, check, proof_of
from ndxp.ledger.merkle import leaf_hash, rises
from ndxp.options import DEFAULT_FOLDER
from ndxp.reflection import look_up
from ndxp.samples.example import examples
from ndxp.terminal import moment
from ndxp.wire import metadata

_DECISIONS = {
    "passed": ("✔", "decision.passed"), "refused": ("✗", "decision.refused"), "failed": ("✗", "decision.failed"),
    "not reached": ("·", "decision.not_reached"), "unknown": ("?", "decision.unknown"),
}  # fmt: skip
_STEPS = {
    "identify": "step.identify", "authorise": "step.authorise", "admit": "step.admit", "resolve": "step.resolve",
    "journal": "step.journal", "fault": "step.fault", "forward": "step.forward", "answer": "step.answer",
}  # fmt: skip
_OF_ATTEMPTS = ("attempt.number", "column.time", "attempt.sent", "column.status", "column.id")
_MOST = 1000


def add(exchange: Exchange) -> None:
    """Adds the page."""

    @ui.page(PATH + "/{transaction_id}")
    def transaction(transaction_id: str) -> None:
        with shell(exchange, PATH, "way.title") as view:
            text("p", transaction_id, "id")
            content = box("div")
            view.load(lambda: _fill(view, content, transaction_id))


async def _fill(view: View, content: Any, transaction_id: str) -> None:
    place = f"/transactions/{path_part(transaction_id)}"
    records = await view.exchange.get(place)
    explanation = await view.exchange.get(f"{place}/explanation", language=view.session.language)
    attempts = await view.exchange.ask(lambda api: attempts_of(api, transaction_id))
    record, trace = records[-1], trace_of(records[-1])
    around = await view.exchange.get("/transactions", trace=trace, limit=_MOST) if trace else []
    grants = await view.exchange.get("/grants")
    content.clear()
    with content:
        _verdict(view, record, explanation)
        _way(view, explanation["steps"])
        _times(view, record, around or [record])
        if len(attempts) > 1 or attempts[0]["attempt"] > 1:
            _attempts(view, attempts, transaction_id)
        if record["grant"]:
            _grant(view, record, next((each for each in grants if each["id"] == record["grant"]), None))
        _call_again(view, record)
        _proof(view, transaction_id)
        _fields(view, records)


def _verdict(view: View, record: Record, explanation: dict[str, Any]) -> None:
    good = record["status_code"] == 0 and record["phase"] == "outcome"
    with box("div", "verdict good" if good else "verdict bad"):
        text("p", explanation["verdict"])
    if explanation["remedy"]:
        with box("p", "remedy"):
            text("strong", view.texts("way.remedy"))
            text("span", explanation["remedy"])
    facts(
        (view.texts(key), value)
        for key, value in (
            ("column.time", moment(record["request_in_ts"])),
            ("column.status", f"{code_name(record['status_code'])} {record['reason']}".strip()),
            ("column.client", record["client"]),
            ("column.method", record["method"]),
            ("column.service", record["service"]),
            ("search.purpose", record["purpose"]),
            ("search.user_id", record["user_id"]),
            ("column.fault", record["fault"]),
        )
    )


def _way(view: View, steps: list[dict[str, Any]]) -> None:
    with section(view.texts("way.steps")), box("ol", "way"):
        for step in steps:
            mark, key = _DECISIONS[step["decision"]]
            with box("li", step["decision"].replace(" ", "-")):
                text("span", mark, "mark").props("aria-hidden=true")
                with box("div"):
                    with box("div", "step"):
                        text("strong", view.texts(_STEPS[step["name"]]))
                        text("span", view.texts(key), "decision")
                        if step["micros"] is not None:
                            text("span", f"{step['micros'] / 1000:.2f} ms", "ms")
                    if step["why"]:
                        text("p", step["why"])


def _times(view: View, record: Record, around: list[Record]) -> None:
    """The transactions of the trace as a tree, each as a bar on one axis of time."""
    axis = Axis.of(around)
    with section(view.texts("way.times")):
        text("p", view.texts("way.axis", n=len(around), ms=f"{(axis.end - axis.begin) / 1000:.2f}"), "quiet")
        with box("ul", "axis"):
            for depth, each in tree(around):
                with box("li", "here" if each["transaction_id"] == record["transaction_id"] else ""):
                    with box("div", "who").style(f"padding-left: {min(depth, 8) * 1.1}rem"):
                        made = link(each["method"].rpartition("/")[2], path_of(each["transaction_id"]))
                        if each["transaction_id"] == record["transaction_id"]:
                            made.props("aria-current=true")
                        text("span", f"{each['client']} → {each['service'] or '–'}", "quiet")
                    _bar(view, axis, each)
        with box("p", "legend"):
            for kind, key in (("gateway", "way.in_gateway"), ("provider", "way.in_provider")):
                text("span", view.texts(key), kind)


def _bar(view: View, axis: Axis, record: Record) -> None:
    begin, end = record["request_in_ts"], record["response_out_ts"]
    there, back = record["request_out_ts"], record["response_in_ts"]
    spans = [("gateway", begin, end)] + ([("provider", there, back or end)] if there else [])
    took = view.texts("way.took", ms=f"{(end - begin) / 1000:.2f}")
    with box("div", "track"), box("div", "bars" if record["status_code"] == 0 else "bars failed") as bars:
        bars.props("role=img").props["aria-label"] = took
        for kind, first, last in spans:
            left, width = axis.part(first, last)
            box("span", kind).style(f"left: {left:.3f}%; width: max(2px, {width:.3f}%)")
    text("span", f"{(end - begin) / 1000:.2f} ms", "ms")


def _attempts(view: View, attempts: list[Record], transaction_id: str) -> None:
    with section(view.texts("way.attempts")):
        table(
            [view.texts(key) for key in _OF_ATTEMPTS],
            [
                (str(each["attempt"]), moment(each["request_in_ts"]), each["waited"], each["status"],
                 each["transaction_id"] if each["transaction_id"] == transaction_id else _link(each["transaction_id"]))
                for each in attempts
            ],
        )  # fmt: skip


def _link(transaction_id: str) -> Any:
    return lambda: link(transaction_id, path_of(transaction_id))


def _grant(view: View, record: Record, grant: dict[str, Any] | None) -> None:
    with section(view.texts("way.grant")):
        if grant is None:
            text("p", view.texts("grant.gone", id=record["grant"]))
            return
        facts(
            [
                (view.texts("column.id"), grant["id"]),
                (view.texts("grant.consumer"), grant["consumer"]),
                (view.texts("grant.provider"), grant["provider"]),
                (view.texts("grant.methods"), ", ".join(grant["methods"])),
                *terms(grant, view.texts),
            ]
        )
        if grant["fields"]:
            text("p", view.texts("grant.withheld"), "quiet")
        else:
            text("p", view.texts("grant.all_fields"), "quiet")


def _call_again(view: View, record: Record) -> None:
    """The same kind of call for other tools, made when it is asked for."""
    with section(view.texts("way.again")) as made:
        text("p", view.texts("way.again.note"), "quiet")

        async def show() -> None:
            lines = await view.exchange.ask(lambda api: _commands(view.exchange, api, record))
            asked.delete()
            with made:
                for name, line in lines.items():
                    with box("div", "command"):
                        text("h3", name)
                        text("pre", line).props("tabindex=0")
                        copy = button(view.texts("copy"), partial(_copied, view, line))
                        copy.props["aria-label"] = f"{view.texts('copy')} {name}"

        with box("div", "actions"):
            asked = button(view.texts("way.again.do"), lambda: view.guarded(show), "primary")
            if view.exchange.role == "operator" and "/" in record["method"]:
                given = {"member": record["client"], "provider": record["service"], "purpose": record["purpose"]}
                link(view.texts("try.again"), where(record["method"], **given))


def _copied(view: View, line: str) -> None:
    ui.clipboard.write(line)
    ui.notify(view.texts("copied"))


def _commands(exchange: Exchange, api: AdminApi, record: Record) -> dict[str, str]:
    """The call by tool. What cannot be made is a sentence that says why."""
    service, _, name = record["method"].partition("/")
    request = json.dumps(examples(service).get(name, {}), ensure_ascii=False)
    own = {"--provider": record["service"], "--purpose": record["purpose"], "--user": record["user_id"]}
    options = ["--as", record["client"], *(word for pair in own.items() if pair[1] for word in pair)]
    if exchange.folder != DEFAULT_FOLDER:
        options += ["--folder", str(exchange.folder)]
    lines = {"ndxp call": shlex.join(["ndxp", "call", record["method"], request, *options])}
    try:
        tokens = api.state.tokens(record["client"])
        contract = look_up(api.state.gateway, tokens, service, name)
    except (TokenRefused, OSError) as error:
        return lines | dict.fromkeys(("curl", "grpcurl", "Python"), str(error))
    method = contract.service.methods_by_name.get(name) if contract else None
    if method is None:
        return lines
    pairs = {
        metadata.SERVICE: record["service"], metadata.PURPOSE: record["purpose"], metadata.USER_ID: record["user_id"]
    }  # fmt: skip
    call = other_tools.Call(
        client=record["client"], method=method, requests=messages.read(request.encode(), method),
        pairs=metadata.carried(pairs), deadline=10, folder=exchange.folder,
    )  # fmt: skip
    try:
        lines["curl"] = other_tools.curl(call, api.state.rest_url, tokens.tls, api.state.tls_folder)
    except other_tools.NotPossible as error:
        lines["curl"] = str(error)
    lines["grpcurl"] = other_tools.grpcurl(call, api.state.gateway, tokens.tls, api.state.tls_folder)
    lines["Python"] = other_tools.python(call)
    return lines


def _proof(view: View, transaction_id: str) -> None:
    """The inclusion proof, checked here with the public keys of the run folder when it is asked for."""
    with section(view.texts("proof")) as made:
        text("p", view.texts("proof.note"), "quiet")

        async def show() -> None:
            evidence = await view.exchange.get(f"/ledger/evidence/{path_part(transaction_id)}")
            changes = (await view.exchange.get("/ledger/keys"))["changes"]
            given = json.dumps(evidence, ensure_ascii=False, indent=1)
            asked.delete()
            with made:
                try:
                    proven = await asyncio.to_thread(_checked, view.exchange, given, changes)
                except (EvidenceRefused, NoteRefused, OSError) as error:
                    text("p", view.texts("proof.bad", why=error), "verdict bad").props("role=status")
                    return
                _tell(view, proven, evidence)
                file = f"evidence-{transaction_id}.json"
                button(view.texts("proof.download"), lambda: ui.download(given.encode(), file))

        asked = button(view.texts("proof.do"), lambda: view.guarded(show), "primary")


def _checked(exchange: Exchange, evidence: str, changes: list[str]) -> Proven:
    """Raises EvidenceRefused, NoteRefused, and OSError without the file of keys."""
    lines = (exchange.folder / "ledger-keys").read_text(encoding="utf-8").split()
    return check(evidence, KeyChange.follow([Key.parse(line) for line in lines], changes))


def _tell(view: View, proven: Proven, evidence: dict[str, Any]) -> None:
    """What was proven, and the way from each record to the root that was signed."""
    size = proven.checkpoint.size
    good = view.texts("proof.good", n=len(proven.records), size=f"{size:,}", origin=proven.checkpoint.origin)
    text("p", good, "verdict good").props("role=status")
    for given in evidence["records"]:
        leaf = leaf_hash(given["record"].encode())
        text("h3", view.texts("proof.record", place=f"{given['index'] + 1:,}"))
        with box("ol", "rise"):
            _node(view.texts("proof.leaf"), leaf)
            for step in rises(leaf, given["index"], size, proof_of(given["proof"])):
                side = "proof.left" if step.on_the_left else "proof.right"
                _node(view.texts(side, hash=step.sibling.hex()[:16]), step.parent)
            text("li", view.texts("proof.root", root=proven.checkpoint.root.hex()), "root")


def _node(what: str, found: bytes) -> None:
    with box("li"):
        text("code", found.hex()[:16])
        text("span", what, "quiet")


def _fields(view: View, records: list[Record]) -> None:
    with section(view.texts("way.fields")), box("details"):
        text("summary", view.texts("way.fields.show"))
        table(
            ["", *(record["phase"] for record in records)],
            [(name, *(str(record[name]) for record in records)) for name in records[0]],
            "mono",
        )
