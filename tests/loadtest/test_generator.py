"""The generator: open schedule, counting, collecting, and what becomes of a call."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent import futures
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import grpc
import msgspec
import pytest

from loadtest import calls, contracts, selftest, tally, worker
from loadtest.arrivals import Curve
from loadtest.calls import Prepared, Shape
from loadtest.collector import Collector, abort_reason
from loadtest.conductor import Conductor
from loadtest.consumers import Consumers, ExchangeUnreachable
from loadtest.line import Order
from loadtest.mix import Call, Kind
from loadtest.profiles import BadProfile, Profile, load
from loadtest.results import Generator, Results, Second
from loadtest.scheduler import Scheduler
from loadtest.selftest import Beside, Ceiling, Freeze, SelfTestFailed
from loadtest.tally import Tally
from loadtest.users import WRONG_ANSWER, Caller, Outcome
from loadtest.worker import Worker
from ndxp.errors import Reason, Refusal
from ndxp.population.v1.population_pb2 import DESCRIPTOR as POPULATION
from ndxp.population.v1.population_pb2 import (
    ChangeAddressRequest,
    UploadChangesRequest,
    VerifyCitizenRequest,
    VerifyCitizenResponse,
)
from ndxp.population.v1.population_pb2_grpc import PopulationServiceServicer
from ndxp.population.v1.population_pb2_grpc import add_PopulationServiceServicer_to_server as add_to
from ndxp.rpc import Lanes
from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from ndxp.wire.status import encode
from tests.support.fakes import PATIENCE

SERIES = "PopulationService/VerifyCitizen"
CLIENT = "VN/GOV/H26/one-stop"
SMALL = pytest.mark.usefixtures("small_ring")


async def test_a_late_system_does_not_slow_the_schedule() -> None:
    counted, sent = Tally(), list[float]()
    held = list[Callable[[], None]]()

    def send(due: float, ended: Callable[[], None]) -> None:
        sent.append(due)
        held.append(ended)
        if len(sent) == 4:
            for end in held:
                end()

    scheduler = Scheduler(iter([0, 0.01, 0.02, 0.03]), send, lambda _: None, max_in_flight=9, tally=counted)
    await scheduler.run(time.monotonic(), patience=PATIENCE)
    report = counted.take(0)
    assert sent == [0, 0.01, 0.02, 0.03]
    assert (report.ticks[0].planned, report.ticks[0].sent, counted.in_flight_max, counted.in_flight) == (4, 4, 4, 0)


async def test_what_finds_no_room_is_dropped_and_counted() -> None:
    counted, dropped = Tally(), list[float]()
    held = list[Callable[[], None]]()

    def send(_: float, ended: Callable[[], None]) -> None:
        held.append(ended)

    def drop(due: float) -> None:
        dropped.append(due)
        if len(dropped) == 2:
            held.pop()()

    scheduler = Scheduler(iter([0, 0.01, 0.02]), send, drop, max_in_flight=1, tally=counted)
    await scheduler.run(time.monotonic(), patience=PATIENCE)
    tick = counted.take(0).ticks[0]
    assert (tick.planned, tick.sent, tick.dropped, dropped) == (3, 1, 2, [0.01, 0.02])


async def test_a_schedule_can_be_stopped_while_it_waits() -> None:
    scheduler = Scheduler(iter([3600]), lambda *_: None, lambda _: None, max_in_flight=1, tally=Tally())
    asyncio.get_running_loop().call_later(0.05, scheduler.stop)
    await scheduler.run(time.monotonic(), patience=PATIENCE)


def test_reports_of_several_generators_add_up() -> None:
    collector = Collector(["a", "b"])
    for name, latencies in (("a", [1000, 2000]), ("b", [3000, 900_000])):
        counted = Tally()
        for latency in latencies:
            counted.sent(0.1)
            counted.answered(0.5, SERIES, "OK", failed=False, response=latency, service=900)
            counted.answered(0.5, "stage evening", "OK", failed=False, response=latency, service=900)
        counted.dropped(0.9)
        complete = collector.add(name, tally.unpack(tally.pack(counted.take(1))))
    assert [(second.at, second.planned, second.sent, second.finished, second.dropped) for second in complete] == [
        (0, 6, 4, 4, 2)
    ]
    assert (complete[0].p50_ms, complete[0].p99_ms, complete[0].heat) == (2, 900, {1: 1, 2: 2, 10: 1})
    found = Results(profile="", seed=1, started=0, ended=0, gateway="")
    collector.finish()
    collector.write_into(found)
    assert (found.planned, found.sent, found.dropped, found.succeeded) == (6, 4, 2, 4)
    assert found.series[SERIES].statuses == found.series["stage evening"].statuses == {"OK": 4}


def test_in_flight_is_not_counted_twice_when_a_second_is_reported_in_parts() -> None:
    collector, counted = Collector(["a"]), Tally()
    counted.sent(0.1)
    collector.add("a", counted.take(0.5))
    counted.sent(0.6)
    assert [second.in_flight for second in collector.add("a", counted.take(1))] == [2]


def test_what_was_sent_too_late_for_its_second_still_counts_in_it() -> None:
    collector, counted = Collector(["a"]), Tally()
    counted.sent(0.1)
    collector.add("a", counted.take(1.01))
    counted.sent(0.99)
    counted.dropped(0.99)
    collector.add("a", counted.take(2))
    assert [(second.planned, second.sent, second.dropped) for second in collector.seconds] == [(3, 2, 1), (0, 0, 0)]


def test_a_second_waits_for_the_slowest_generator_but_not_for_one_that_left() -> None:
    collector = Collector(["a", "b"])
    assert collector.add("a", Tally().take(3)) == []
    collector.leave("b")
    assert [second.at for second in collector.add("a", Tally().take(4))] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("abort", "reason"),
    [
        ({"seconds": 2, "error_share": 0.4}, "50.0% of the answers failed in the last 2 s, more than 40.0%"),
        ({"seconds": 2, "dropped_share": 0.1}, "25.0% of what was due was dropped in the last 2 s, more than 10.0%"),
        ({"seconds": 3, "error_share": 0.6}, ""),
        ({"seconds": 9, "error_share": 0.1}, ""),
        ({}, ""),
    ],
)
def test_a_load_stops_early_when_its_profile_says_so(abort: dict[str, Any], reason: str) -> None:
    seconds = [Second(at=at, planned=40, finished=20, failed=10, dropped=10) for at in range(5)]
    assert abort_reason(seconds, abort) == reason


def conducted(
    slots: int, *, results_file: Path | None = None, progress_file: Path | None = None
) -> tuple[Conductor, Results, list[str]]:
    """A run of so many slots, what it finds, and what it says to its workers and at its end."""
    found, said = Results(run="load-a", profile="", seed=1, started=0, ended=0, gateway=""), list[str]()
    run = Conductor(
        load("ndxp-average"), found, slots, send=lambda message, *_: said.append(message),
        ended=lambda: said.append("ended"), results_file=results_file, progress_file=progress_file,
    )  # fmt: skip
    return run, found, said


def begun(*workers: str, **files: Path) -> tuple[Conductor, Results, list[str]]:
    """A run that has begun, with a slot for each worker."""
    run, found, said = conducted(len(workers), **files)
    for name in workers:
        run.claim(name)
        run.ready(name)
    return run, found, said


def test_a_run_ends_early_and_says_so_when_a_generator_goes_missing() -> None:
    run, found, said = begun("a", "b")
    for _ in range(2):
        run.lost("b")
    assert (found.missing, found.aborted, said[-1]) == (1, "generator b went missing", "ndxp_stop")
    run.lost("a")
    assert (found.missing, said[-1]) == (2, "ended")


def test_a_generator_that_fails_under_way_leaves_the_others_part() -> None:
    run, found, said = begun("a", "b")
    run.failed("b", "no room")
    assert (run.failure, found.missing, found.aborted, said[-1]) == ("", 1, "generator b failed: no room", "ndxp_stop")
    counted = Tally()
    counted.sent(0.1)
    counted.answered(0.5, SERIES, "OK", failed=False, response=5, service=5)
    run.report("a", tally.pack(counted.take(1)))
    health = msgspec.json.encode(Generator(name="a"))
    run.done("a", {"health": health, "transactions": ""})
    assert (run.over, found.succeeded, said[-1]) == (True, 1, "ended")


@pytest.mark.parametrize("full", ["results_file", "progress_file"])
def test_a_full_disk_ends_the_run_and_is_named(full: str) -> None:
    run, found, said = begun("a", **{full: Path("/dev/full")})
    for at in (1, 2):
        run.report("a", tally.pack(Tally().take(at)))
    run.done("a", {"health": msgspec.json.encode(Generator(name="a")), "transactions": ""})
    assert said[-1] == "ended"
    assert "No space left on device" in run.failure + found.aborted


def test_a_generator_that_fails_before_the_beginning_is_why_there_is_no_run() -> None:
    run, found, _ = conducted(2)
    run.claim("a")
    run.failed("b", "no token")
    assert (run.over, run.failure, found.missing) == (True, "no token", 0)


def test_a_generator_that_goes_missing_before_the_beginning_is_why_there_is_no_run() -> None:
    run, _, said = conducted(2)
    run.claim("a")
    run.lost("a")
    assert (run.failure, said[-1]) == ("generator a went missing before the run began", "ended")


@pytest.fixture
def small_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer calls for each slot; the shares stay."""
    monkeypatch.setattr(calls, "RING", 400)


@SMALL
def test_a_ring_has_every_kind_as_often_as_its_weight_says() -> None:
    profile = load("ndxp-average")
    callers: dict[Kind, list[str]] = {kind: ["VN/GOV/H26/one-stop"] for kind in profile.mix}
    ring = calls.ring(profile, callers, seed=7, slot=0)
    again, other = (calls.ring(profile, callers, seed=7, slot=slot) for slot in (0, 1))
    verifications = [one for one in ring if one.series == SERIES]
    assert len(ring) == calls.RING
    assert len(verifications) == pytest.approx(0.8 * calls.RING, abs=1)
    assert [one.requests for one in ring] == [one.requests for one in again] != [one.requests for one in other]


def test_what_may_be_sent_only_once_is_renewed_each_time() -> None:
    def renew(request: Any) -> None:
        request.citizen_number += "1"

    method = POPULATION.services_by_name["PopulationService"].methods_by_name["ChangeAddress"]
    prepared = calls.Prepared(method, "m", [ChangeAddressRequest(citizen_number="0")], numbered=True, renew=renew)
    sent = [ChangeAddressRequest.FromString(data) for turn in range(2) for data in prepared.encode(f"m-{turn}")]
    assert [(one.request_id, one.citizen_number) for one in sent] == [("m-0", "01"), ("m-1", "011")]


def test_a_call_comes_as_often_as_its_weight_says_in_each_stage() -> None:
    seldom = Call(weight=1, members=["m"], during={"evening": 9, "night": 0})
    often = Call(weight=3, members=["m"])
    method = POPULATION.services_by_name["PopulationService"].methods_by_name["GetCitizen"]
    prepared = [
        calls.Prepared(method, kind, [], of=call)
        for kind, call in (("seldom", seldom), ("often", often))
        for _ in range(round(call.peak))
    ]
    coming = calls.Coming(prepared, random.Random(1))
    for stages, share in (([], 1 / 4), (["evening"], 9 / 12), (["night"], 0.0), (["evening", "night"], 0.0)):
        came = Counter(coming.next(stages).client for _ in range(8000))
        assert came["seldom"] / came.total() == pytest.approx(share, abs=0.03)


@SMALL
def test_what_changes_something_is_numbered_anew_each_time() -> None:
    profile = load("ndxp-average")
    callers: dict[Kind, list[str]] = {kind: ["VN/GOV/H26/hospital"] for kind in profile.mix}
    prepared = next(one for one in calls.ring(profile, callers, seed=1, slot=0) if one.method.name == "UploadChanges")
    numbers = [request.request_id for turn in ("1", "2") for request in prepared.number(turn)]
    assert len(set(numbers)) == len(numbers) == 20


def test_a_sample_states_its_own_purpose_and_otherwise_that_of_the_profile() -> None:
    members = ["VN/GOV/H26/one-stop"]
    mix = {
        "court-look-up": Call(members=members),
        "verify-matched": Call(members=members, purpose="audit"),
        "get-card": Call(members=members),
    }
    profile = msgspec.structs.replace(load("ndxp-average"), mix=mix)
    ring = calls.ring(profile, dict.fromkeys(mix, members), seed=1, slot=0)
    stated = {prepared.series.partition("/")[2]: prepared.purpose for prepared in ring}
    assert stated == {"GetCitizen": "court proceedings", "VerifyCitizen": "audit", "GetCard": "load test"}


@SMALL
def test_a_call_of_a_profiles_own_has_a_new_id_each_time_and_messages_of_its_own() -> None:
    asked = Call(
        members=["provinces/one-stop"],
        method="ndxp.population.v1.PopulationService/UploadChanges",
        request=[{"requestId": "$id", "citizenNumber": "$number"}, {"requestId": "a-$id"}],
        purpose="test",
    )
    profile = msgspec.structs.replace(load("ndxp-average"), mix={"mine": asked})
    method: Any = POPULATION.services_by_name["PopulationService"].methods_by_name["UploadChanges"]
    first, second, *_ = calls.ring(profile, {"mine": ["VN/GOV/H26/one-stop"]}, {asked.method: method}, seed=1, slot=0)
    assert (first.series, first.shape, first.purpose) == ("PopulationService/UploadChanges", Shape.IN, "test")
    sent = [UploadChangesRequest.FromString(data) for _ in range(2) for data in first.encode("m-1")]
    assert len({request.request_id for request in sent}) == 4
    assert [len(request.request_id) for request in sent] == [32, 34, 32, 34]
    assert first.requests[0].citizen_number != second.requests[0].citizen_number


def test_a_request_that_does_not_fit_its_method_is_told_with_its_place() -> None:
    asked = Call(
        members=["a/b"], method="ndxp.population.v1.PopulationService/GetCitizen", request={"numer": "$number"}
    )
    profile = msgspec.structs.replace(load("ndxp-average"), mix={"mine": asked})
    method: Any = POPULATION.services_by_name["PopulationService"].methods_by_name["GetCitizen"]
    with pytest.raises(BadProfile, match="mix.mine: the request does not fit GetCitizenRequest: .*its fields are citi"):
        calls.ring(profile, {"mine": ["VN/GOV/H26/one-stop"]}, {asked.method: method}, seed=1, slot=0)


def test_a_contract_is_learnt_from_the_exchange(exchange: RunningExchange) -> None:
    method = "ndxp.access_log.v1.AccessLogService/ListAccesses"
    assert contracts.learn(exchange.state, [method], CLIENT)[method].input_type.name == "ListAccessesRequest"


def test_a_contract_that_the_exchange_does_not_name_comes_from_the_installed_ones(exchange: RunningExchange) -> None:
    nobody = replace(exchange.state, gateway="127.0.0.1:1")
    method = "ndxp.passports.v1.PassportService/SubmitApplication"
    assert contracts.learn(nobody, [method], CLIENT)[method].name == "SubmitApplication"


@pytest.mark.parametrize(
    ("method", "complaint"),
    [
        (
            "own.v1.Things/Get",
            "the exchange has no service own.v1.Things; it has: ndxp.access_log.v1.AccessLogService, ",
        ),
        ("ndxp.passports.v1.PassportService/Get", "ndxp.passports.v1.PassportService has no method Get; it has: Subm"),
    ],
)
def test_an_unknown_contract_is_told_with_what_there_is(exchange: RunningExchange, method: str, complaint: str) -> None:
    with pytest.raises(BadProfile, match=complaint):
        contracts.learn(exchange.state, [method], CLIENT)


async def _nothing(*_: object) -> None:
    """Opens and closes nothing."""


Ended = Callable[[Outcome], None]


def _ok(_: Prepared, ended: Ended) -> None:
    ended(Outcome("OK", failed=False))


Follow = Callable[..., Awaitable[Results]]


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Has a worker follow a curve from a second on (below 0: it is late already); ``call`` stands for the exchange."""

    async def run(
        curve: Curve,
        call: Callable[[Prepared, Ended], None],
        *,
        begin: float = 0,
        note_dropped: Callable[[str], None] = lambda _: None,
        **changes: Any,
    ) -> Results:
        mix: dict[Kind, Call] = {"get-citizen": Call(weight=1, members=["provinces/one-stop"])}
        profile: Profile = msgspec.structs.replace(load("ndxp-average"), mix=mix, arrivals="constant", **changes)
        collector, found = Collector(["one"]), Results(profile="", seed=1, started=0, ended=0, gateway="")

        def send(message: str, data: Any) -> None:
            match message:
                case "ndxp_claim":
                    one.take(0, 1, "load-a")
                case "ndxp_ready":
                    one.begin(begin)
                case "ndxp_report":
                    collector.add("one", tally.unpack(data))
                case _:
                    found.generators.append(msgspec.json.decode(data["health"], type=Generator))

        anybody = SimpleNamespace(select=lambda _: ["VN/GOV/H26/one-stop"], open=_nothing, certificates=dict)
        monkeypatch.setattr(worker, "Lanes", lambda *_, **__: SimpleNamespace(open=_nothing, close=lambda: None))
        monkeypatch.setattr(worker, "Caller", lambda *_, **__: SimpleNamespace(call=call))
        order = Order(profile=profile, curve=curve, compress=1, seed=1, gateway="", transactions=None)
        one = Worker(order, cast(Consumers, anybody), send, lambda *_: None, note_dropped)
        await one.run_slot()
        collector.finish()
        collector.write_into(found)
        return found

    return run


@SMALL
async def test_what_is_sent_and_what_is_dropped_is_counted_by_method_and_stage(follow: Follow) -> None:
    held, dropped = list[Ended](), list[str]()

    def call(_: Prepared, ended: Ended) -> None:
        held.append(ended)

    def note_dropped(series: str) -> None:
        dropped.append(series)
        if len(dropped) == 5:
            for ended in held:
                ended(Outcome("OK", failed=False))

    stages = {"morning": (0.0, 0.1), "evening": (0.1, 0.2)}
    found = await follow(Curve.constant(100, 0.2), call, note_dropped=note_dropped, max_in_flight=15, stages=stages)
    counts = {name: (one.planned, one.dropped, one.statuses) for name, one in found.series.items()}
    assert counts == {
        "PopulationService/GetCitizen": (20, 5, {"OK": 15}),
        "stage morning": (10, 0, {"OK": 10}),
        "stage evening": (10, 5, {"OK": 5}),
    }


@SMALL
async def test_slots_of_a_worker_share_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    made, closed = list[int](), list[int]()

    def connect(_: str, count: int, __: Any, **___: str) -> Any:
        async def open_one() -> None:
            await asyncio.sleep(0)  # connecting takes time, in which other slots ask for connections too

        made.append(count)
        return SimpleNamespace(open=open_one, close=lambda: closed.append(count))

    def send(message: str, _: Any) -> None:
        if message == "ndxp_claim":
            one.take(len(ready), 3, "load-a")
        elif message == "ndxp_ready":
            ready.append(message)
            if len(ready) == 3:
                one.begin(0)

    ready = list[str]()
    monkeypatch.setattr(worker, "Lanes", connect)
    monkeypatch.setattr(worker, "Caller", lambda *_, **__: SimpleNamespace(call=_ok))
    anybody = SimpleNamespace(
        select=lambda _: ["VN/GOV/H26/one-stop"], open=_nothing, certificates=dict, close=lambda: None
    )
    order = Order(
        profile=load("ndxp-average"), curve=Curve.constant(6, 1), compress=1, seed=1, gateway="", transactions=None
    )
    one = Worker(order, cast(Consumers, anybody), send, lambda *_: None, lambda _: None)
    await asyncio.gather(*(one.run_slot() for _ in range(3)))
    await one.close()
    assert (made, closed) == ([8], [8])


async def test_a_worker_tells_how_late_it_sent(follow: Follow) -> None:
    found = await follow(Curve.constant(1000, 0.1), _ok, begin=-0.5)
    assert found.succeeded == 100
    assert found.generators[0].late_p99_ms >= 400


class _Registry(PopulationServiceServicer):
    """Answers by the number it is asked about."""

    def VerifyCitizen(self, request: VerifyCitizenRequest, context: grpc.ServicerContext) -> VerifyCitizenResponse:
        self.asked = dict(context.invocation_metadata())
        context.set_trailing_metadata(((metadata.TRANSACTION_ID, "t-1"),))
        if request.citizen_number == "expired":
            details = encode(Refusal(Reason.TOKEN_EXPIRED, "the token has expired"))
            context.set_trailing_metadata(((metadata.STATUS_DETAILS, details), (metadata.TRANSACTION_ID, "t-2")))
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token has expired")
        if request.citizen_number == "broken":
            context.abort(grpc.StatusCode.INTERNAL, "broken")
        return VerifyCitizenResponse(matched=request.citizen_number == "known")


class _Bearers:
    def headers(self, client: str) -> tuple[tuple[str, str], ...]:
        return ((metadata.AUTHORIZATION, f"Bearer of {client}"),)


@pytest.mark.parametrize(
    ("number", "status", "failed", "transaction_id"),
    [
        ("known", "OK", False, "t-1"),
        ("unknown", WRONG_ANSWER, True, "t-1"),
        ("expired", "UNAUTHENTICATED:TOKEN_EXPIRED", True, "t-2"),
        ("broken", "INTERNAL", True, "t-1"),
    ],
)
async def test_calls_are_counted_by_code_and_reason(
    number: str, status: str, failed: bool, transaction_id: str
) -> None:
    server, registry = grpc.server(futures.ThreadPoolExecutor(1)), _Registry()
    add_to(registry, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    lanes = Lanes(f"127.0.0.1:{port}", 1)
    await lanes.open()
    caller = Caller(lanes, cast(Consumers, _Bearers()), deadline=20, name="test")
    request = VerifyCitizenRequest(citizen_number=number)
    method = POPULATION.services_by_name["PopulationService"].methods_by_name["VerifyCitizen"]
    asked = Prepared(method, "VN/GOV/H26/one-stop", [request], right=lambda answer: bool(answer.matched))
    outcome = await caller.wait(asked)
    lanes.close()
    server.stop(None).wait()
    assert (outcome.status, outcome.failed, outcome.transaction_id) == (status, failed, transaction_id)
    assert registry.asked[metadata.AUTHORIZATION] == "Bearer of VN/GOV/H26/one-stop"
    assert str(registry.asked[metadata.MESSAGE_ID]).startswith("test-")


async def test_a_gateway_that_does_not_answer_is_named() -> None:
    with pytest.raises(ConnectionError, match="the gateway at 127.0.0.1:1 does not answer"):
        await Lanes("127.0.0.1:1", 1).open()


async def test_members_are_chosen_by_group_and_subsystem_and_get_tokens(exchange: RunningExchange) -> None:
    consumers = Consumers(exchange.state)
    hospitals = consumers.select(["provinces/hospital"])
    assert len(hospitals) == 63
    assert len(consumers.select(["connected/lgsp", "connected/one-stop", "connected/ekyc"])) == 13 + 63 + 4
    assert consumers.select(["VN/GOV/H26/one-stop", "VN:GOV:000.00.00.H26:hospital"]) == [
        "VN/GOV/H26/hospital",
        "VN/GOV/H26/one-stop",
    ]
    for wrong, there in (
        (["provinces/one-stop", "provinces/no-such"], "is in provinces/no-such; there are .*central/lgsp, "),
        (["VN/GOV/H26/one-stp"], "is in VN/GOV/H26/one-stp; there are VN/GOV/H26/hospital, VN/GOV/H26/one-stop, "),
    ):
        with pytest.raises(ExchangeUnreachable, match=there):
            consumers.select(wrong)
    await consumers.open(hospitals[:3])
    assert len({consumers.headers(hospital) for hospital in hospitals[:3]}) == 3
    consumers.close()


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://[::1")
    elsewhere = State("/nowhere", "exchange.example:443", "https://exchange.example", [], attached=True)
    with pytest.raises(ExchangeUnreachable, match="https_proxy is no URL of a proxy"):
        Consumers(elsewhere)


@dataclass(frozen=True, slots=True)
class SelfTests:
    """What the self-tests found, which ran side by side: most of the time they wait."""

    freeze: Freeze
    beside: Beside


@pytest.fixture(scope="module")
def self_tests() -> SelfTests:
    with futures.ThreadPoolExecutor() as pool:
        frozen, both = pool.submit(selftest.freeze), pool.submit(selftest.beside)
        return SelfTests(frozen.result(), both.result())


@pytest.mark.long
def test_the_generator_by_itself_answers_for_every_call() -> None:
    found = selftest.ceiling()
    assert found.calls > 0
    assert found.failed == 0


def test_calls_and_those_of_stubs_are_made_side_by_side(self_tests: SelfTests) -> None:
    found = self_tests.beside
    assert found.calls == 200
    assert min(found.p50_ms, found.stubs_p50_ms) > 0


def test_the_self_test_is_a_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    alone = Ceiling(calls=3000, failed=0, calls_per_second=1000.4, cpu_us_per_call=670.2)
    frozen = Freeze(calls=600, corrected_p99_ms=1978, naive_calls=300, naive_p99_ms=19, naive_max_ms=2001)
    monkeypatch.setattr(selftest, "ceiling", lambda: alone)
    monkeypatch.setattr(selftest, "freeze", lambda: frozen)
    both = Beside(calls=200, p50_ms=0.81, p99_ms=2.4, stubs_p50_ms=1.2, stubs_p99_ms=3.1)
    monkeypatch.setattr(selftest, "beside", lambda: both)
    selftest.main()
    said = capsys.readouterr().out
    assert "1,000 calls/s, 670 µs of CPU a call, 0 of 3,000 failed" in said
    assert "p99 response 1,978 ms; a closed loop beside it shows 19 ms" in said
    assert "200 calls in turn, here and by grpcio's stubs: p50 0.81 and 1.20 ms, p99 2.40 and 3.10 ms" in said

    def fail() -> Ceiling:
        raise SelfTestFailed("no port")

    monkeypatch.setattr(selftest, "ceiling", fail)
    with pytest.raises(SystemExit, match="loadtest.selftest: no port"):
        selftest.main()


def test_a_frozen_server_shows_in_the_corrected_p99_and_hides_in_the_naive_one(self_tests: SelfTests) -> None:
    found = self_tests.freeze
    assert (found.calls, found.naive_calls) == (600, 300)
    assert found.corrected_p99_ms >= 1000
    assert found.naive_max_ms >= 1000
    assert found.naive_p99_ms < found.corrected_p99_ms / 3
