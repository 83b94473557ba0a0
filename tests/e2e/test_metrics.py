"""Metrics of a running exchange with two gateway workers: what they count is what the ledger has."""

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import yaml
from prometheus_client.core import Sample

from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from tests.e2e.conftest import PROVIDER, VISITOR, Visitor, caught_up, code_of, failure_of, fresh_channel
from tests.support.echo import CONTRACT, Echo, Request
from tests.support.fakes import until, until_now
from tests.support.scrape import scrape, total

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).parents[2]
CALLS, REFUSED = "ndxp_exchange_transactions_total", "ndxp_exchange_refusals_total"


def scraped(exchange: RunningExchange, process: str = "") -> list[Sample]:
    """The pages of the processes whose names begin so, one after the other."""
    addresses = [each.metrics for each in exchange.state.processes if each.name.startswith(process) and each.metrics]
    assert addresses
    return [sample for address in addresses for sample in scrape(address)]


def counted(samples: list[Sample], client: str) -> Counter[tuple[str, str, str]]:
    """Calls of a client by service, method and code."""
    found: Counter[tuple[str, str, str]] = Counter()
    for sample in samples:
        if sample.name == CALLS and sample.labels["client"] == client:
            found[sample.labels["service"], sample.labels["method"], sample.labels["code"]] += int(sample.value)
    return found


def recorded(exchange: RunningExchange, client: str) -> Counter[tuple[str, str, str]]:
    """The same from the ledger."""
    until_now(lambda: caught_up(exchange))
    answer: dict[str, Any] = exchange.admin.get("totals").json()
    found: Counter[tuple[str, str, str]] = Counter()
    for row in answer["totals"]:
        if row["client"] == client:
            found[row["service"], row["method"], Code(row["status_code"]).name] += row["count"]
    return found


async def test_what_all_workers_count_together_is_what_the_ledger_has(
    members: RunningExchange, visitor: Visitor, echo: Echo
) -> None:
    before, known = counted(scraped(members, "gateway"), VISITOR), recorded(members, VISITOR)
    for _ in range(12):  # the kernel chooses a worker for each connection
        async with fresh_channel(members.gateway) as channel:
            own = Visitor(members, VISITOR, channel)
            await own.call("Echo")(Request())
            assert await code_of(own.call("Look")(Request(code=5))) is grpc.StatusCode.NOT_FOUND
    tries = 0

    async def overdue() -> bool:
        """Whether it got as far as to the provider, for which a busy machine may need longer than that."""
        nonlocal tries
        tries += 1
        echo.reset()
        hangs = visitor.call("Echo")(Request(hold=True), timeout=0.5)
        assert await code_of(hangs) is grpc.StatusCode.DEADLINE_EXCEEDED
        return bool(echo.heard)

    await until(overdue)

    def overdue_calls(added: Counter[tuple[str, str, str]]) -> int:
        """Of a call that arrived late, the gateway learns by its end before it takes it for overdue itself."""
        return sum(added[PROVIDER, f"{CONTRACT.name}/Echo", code] for code in ("DEADLINE_EXCEEDED", "CANCELLED"))

    async def equal() -> bool:
        added = counted(scraped(members, "gateway"), VISITOR) - before
        return overdue_calls(added) >= 1 and added == recorded(members, VISITOR) - known

    await until(equal)
    added = counted(scraped(members, "gateway"), VISITOR) - before
    assert added[PROVIDER, f"{CONTRACT.name}/Echo", "OK"] == 12
    assert 1 <= overdue_calls(added) <= tries


async def test_what_a_caller_makes_up_is_counted_and_becomes_no_label(visitor: Visitor, echo: Echo) -> None:
    before = scraped(visitor.exchange, "gateway")
    for number in range(5):
        for path in (f"/{CONTRACT.name}/MadeUp{number}", f"/made.up.v{number}.Service/Call"):
            call: Any = visitor.channel.unary_unary(path)
            failure = await failure_of(call(b"", metadata=(visitor.identity,)))
            assert failure.reason == "UNKNOWN_SERVICE"
            nobody = await failure_of(call(b""))
            assert nobody.reason == "TOKEN_MISSING"
    after = scraped(visitor.exchange, "gateway")
    assert not any("adeUp" in value or "made.up" in value for sample in after for value in sample.labels.values())
    for who, reason in ((VISITOR, "UNKNOWN_SERVICE"), ("", "TOKEN_MISSING")):
        named = {"client": who, "reason": reason}
        assert total(after, REFUSED, **named) - total(before, REFUSED, **named) == 10
    assert total(after, "ndxp_exchange_calls_total") - total(before, "ndxp_exchange_calls_total") == 20


async def test_no_label_is_about_a_citizen_or_a_transaction(members: RunningExchange, visitor: Visitor) -> None:
    await visitor.call("Echo")(Request(), pairs=((metadata.USER_ID, "officer-7"), (metadata.ISSUE, "case-12")))
    for sample in scraped(members):
        for value in sample.labels.values():
            assert not re.search(r"officer-7|case-12|\b\d{12}\b|[0-9a-f]{8}-[0-9a-f]{4}-7", value)


async def test_an_agency_counts_its_calls_by_method_and_code(members: RunningExchange) -> None:
    method = "ndxp.population.v1.PopulationService/VerifyCitizen"

    def answered() -> dict[str, float]:
        found = scraped(members, "agencies")
        codes = ("OK", "INVALID_ARGUMENT")
        return {code: total(found, "ndxp_agency_calls_total", method=method, code=code) for code in codes}

    before = answered()
    with members.connect("VN/GOV/H26/one-stop") as exchange:
        stub = PopulationServiceStub(exchange.channel)
        stub.VerifyCitizen(pb.VerifyCitizenRequest(citizen_number="001206000015", full_name="A", birth_date="2006"))
        with pytest.raises(grpc.RpcError):
            stub.VerifyCitizen(pb.VerifyCitizenRequest(citizen_number="1"))
    assert {code: count - before[code] for code, count in answered().items()} == {"OK": 1, "INVALID_ARGUMENT": 1}


async def test_control_shows_the_ledger_as_it_is(members: RunningExchange) -> None:
    last = members.admin.get("totals").json()["last"]
    found = scraped(members, "control")
    assert total(found, "ndxp_ledger_records") >= last > 0
    assert (total(found, "ndxp_ledger_writing"), total(found, "ndxp_ledger_trouble")) == (1, 0)
    assert total(found, "ndxp_control_requests_total", operation="totals", status="200") >= 1
    assert members.admin.get("nothing-here").status_code == 404
    assert total(scraped(members, "control"), "ndxp_control_requests_total", operation="", status="404") >= 1


async def test_the_doors_count_requests_and_calls_and_no_text_of_a_caller_becomes_a_label(
    members: RunningExchange, visitor: Visitor, echo: Echo
) -> None:
    def counted() -> list[float]:
        found = scraped(members, "rest")
        echoed = {"method": f"{CONTRACT.name}/Echo"}
        return [
            total(found, "ndxp_rest_calls_total", **echoed, code="OK"),
            total(found, "ndxp_rest_duration_seconds_count", **echoed),
            total(found, "ndxp_rest_calls_total", method="", code="UNIMPLEMENTED"),
            total(found, "ndxp_rest_calls_total", method="", code="UNAUTHENTICATED"),
            total(found, "ndxp_rest_requests_total", operation="call", status="200"),
            total(found, "ndxp_rest_requests_total", operation="call", status="401"),
            total(found, "ndxp_rest_requests_total", operation="call", status="404"),
        ]

    before = counted()
    asking = members.state.asking(members.state.rest_url)
    headers = {"Content-Type": "application/json"}
    key, token = visitor.identity
    async with httpx.AsyncClient(base_url=members.state.rest_url, headers=headers, timeout=20, **asking) as http:
        await http.post(f"/{CONTRACT.name}/Echo", content=b"{}", headers={key: token})
        await http.post(f"/{CONTRACT.name}/MadeUp", content=b"{}", headers={key: token})
        await http.post("/made.up.v1.Service/Call", content=b"{}")
        await http.get("/made-up")
    assert [after - now for after, now in zip(counted(), before, strict=True)] == [1, 1, 1, 1, 1, 1, 1]
    found = scraped(members, "rest")
    assert total(found, "ndxp_rest_calls_in_flight") == 0
    assert not any("adeUp" in value or "made" in value for sample in found for value in sample.labels.values())


async def test_a_call_through_the_doors_is_under_way_until_its_caller_goes(
    members: RunningExchange, visitor: Visitor, echo: Echo
) -> None:
    def counted() -> tuple[float, float]:
        found, of = scraped(members, "rest"), {"method": f"{CONTRACT.name}/Echo", "code": "CANCELLED"}
        return total(found, "ndxp_rest_calls_in_flight"), total(found, "ndxp_rest_calls_total", **of)

    under_way, cancelled = counted()
    url, (key, token) = f"{members.state.rest_url}/{CONTRACT.name}/Echo", visitor.identity
    async with httpx.AsyncClient(timeout=20, **members.state.asking(members.state.rest_url)) as http:
        waiting = asyncio.create_task(http.post(url, json={"hold": True}, headers={key: token}))
        await until(lambda: counted() == (under_way + 1, cancelled))
        waiting.cancel()
        await until(lambda: counted() == (under_way, cancelled + 1))


async def test_every_gateway_works_with_the_registry_that_control_has_published(members: RunningExchange) -> None:
    async def one() -> bool:
        versions = {sample.value for sample in scraped(members) if sample.name == "ndxp_registry_version"}
        return len(versions) == 1

    await until(one)


def expressions() -> dict[str, str]:
    """Every query of rules and dashboards, by name."""
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text(encoding="utf-8"))
    all_rules = [rule for group in rules["groups"] for rule in group["rules"]]
    found = {rule.get("record", rule.get("alert")): rule["expr"] for rule in all_rules}
    for file in (ROOT / "deploy/grafana/dashboards").glob("*.json"):
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            for target in panel["targets"]:
                found[f"{file.stem}: {panel['title']} {target['refId']}"] = target["expr"]
    return found


async def test_what_rules_and_dashboards_ask_for_is_what_processes_show(
    members: RunningExchange, visitor: Visitor, echo: Echo
) -> None:
    await visitor.call("Echo")(Request())
    samples = scraped(members)
    names = {sample.name for sample in samples}
    labels = {key for sample in samples for key in sample.labels} | {"job", "process", "instance", "member"}
    recording = {name for name in expressions() if name.startswith("ndxp:")}
    for name, expression in expressions().items():
        plain = re.sub(r'"[^"]*"', '""', expression)
        asked = set(re.findall(r"\b(?:ndxp|process|python)_\w+", plain))
        assert asked <= names, name
        assert set(re.findall(r"ndxp:[\w:]+", plain)) <= recording, name
        if "envoy_" not in plain:
            used = {word for group in re.findall(r"by \(([^)]*)\)", plain) for word in re.split(r",\s*", group)}
            used |= set(re.findall(r"(\w+)=~?\"", plain))
            assert used <= labels, name


async def test_the_guide_explains_every_metric_and_no_other(
    members: RunningExchange, visitor: Visitor, echo: Echo
) -> None:
    await visitor.call("Echo")(Request())
    suffix = re.compile(r"_(bucket|count|sum)$")
    shown = {suffix.sub("", sample.name) for sample in scraped(members) if sample.name.startswith("ndxp_")}
    explained = re.findall(
        r"^\| `(ndxp_\w+)", (ROOT / "docs/guides/metrics.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(explained) == sorted(shown)
