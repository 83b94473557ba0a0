"""Faults on purpose, frame by frame: which calls meet them, what the provider hears, and what else they touch."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import jwt
import msgspec
import pytest

from gateway.core.faults import Fault
from gateway.core.registry import Snapshot
from gateway.core.transaction import Origin, Phase
from gateway.dataplane.faults import FaultCounts
from gateway.store import connect
from ndxp.errors import Code
from ndxp.http2 import literal
from ndxp.wire import metadata, status
from ndxp.wire.grpc_http2 import binary
from tests.support.fakes import until
from tests.support.house import CLIENT, DEMO, PROVIDER, STREAM, UNARY, House
from tests.support.peers import Called, Exchanged, RawCaller, RawProvider, message
from tests.support.stores import Valkey

GET, GET_ALL = f"{DEMO}/{UNARY}", f"{DEMO}/{STREAM}"
BEGIN = ((":status", "200"), ("content-type", "application/grpc"))


def fault(do: str, **conditions: Any) -> Fault:
    return Fault(**{"id": "f", "do": do, "valid_until": "2099-12-31", **conditions})


def with_faults(snapshot: Snapshot, *rules: Fault) -> Snapshot:
    return Snapshot(msgspec.structs.replace(snapshot.registry, faults=list(rules)), dict(snapshot.contracts))


@asynccontextmanager
async def faulty(
    *rules: Fault,
    act: Callable[[Called], None] = lambda called: called.answer(b"answer"),
    at_once: bool = False,
    **settings: Any,
) -> AsyncIterator[tuple[House, RawProvider, RawCaller]]:
    """A gateway with these rules between a provider that acts so and a caller."""
    async with RawProvider(act, at_once=at_once) as provider:
        house = House(provider.address, settings)
        house.state.snapshot = with_faults(house.state.snapshot, *rules)
        async with RawCaller(await house.listener.open()) as caller:
            yield house, provider, caller
        await house.close()


async def ask(house: House, caller: RawCaller, *pairs: tuple[str, str], method: str = GET) -> Exchanged:
    return await caller.ended(caller.call(method, house.identity, *pairs, data=[message(b"question")]))


def failure(call: Exchanged) -> status.Failure:
    """What a gRPC library reads of the end of a call."""
    pairs = [(k, binary(v) if k.endswith("-bin") else v) for k, v in call.trailers.items()]
    return status.read(Code(int(call.trailers["grpc-status"])), call.trailers.get("grpc-message", ""), pairs)


async def test_a_call_that_no_rule_matches_is_as_without_rules() -> None:
    async with faulty(fault("code=ABORTED", methods=["Other"])) as (house, _, caller):
        call = await ask(house, caller)
        assert (call.trailers["grpc-status"], metadata.FAULT in call.trailers) == ("0", False)
        [outcome] = house.outcomes()
        assert (outcome.fault, outcome.origin) == ("", Origin.PROVIDER)


async def test_a_refusal_names_the_fault_and_how_to_end_it() -> None:
    async with faulty(fault("code=ABORTED,retry_after=1.5s")) as (house, provider, caller):
        told = failure(await ask(house, caller))
        assert (told.code, told.reason, told.hop) == (Code.ABORTED, "FAULT_INJECTED", "gateway/fault")
        assert (told.retry_after, told.details["fault"]) == (1.5, "f")
        assert "ndxp fault remove" in told.remedy
        assert not provider.heard
        [outcome] = house.outcomes()
        assert (outcome.reason, outcome.fault, outcome.status_code) == ("FAULT_INJECTED", "f", Code.ABORTED)


async def test_a_refusal_of_the_exchange_is_imitated_and_the_record_says_what_it_was() -> None:
    async with faulty(fault("refuse=QUOTA_EXCEEDED")) as (house, _, caller):
        told = failure(await ask(house, caller))
        assert (told.code, told.reason, told.hop) == (Code.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", "gateway/admit")
        assert told.message_vi == "Vượt hạn mức lời gọi."
        assert house.outcomes()[0].reason == "FAULT_INJECTED"


async def test_an_error_of_an_agency_is_imitated_in_its_domain() -> None:
    async with faulty(fault("code=NOT_FOUND,reason=NO_SUCH_CARD")) as (house, _, caller):
        told = failure(await ask(house, caller))
        assert (told.code, told.reason, told.origin) == (Code.NOT_FOUND, "NO_SUCH_CARD", "gateway")


async def test_a_caller_may_ask_for_faults_only_where_the_settings_allow_it() -> None:
    async with faulty() as (house, provider, caller):
        told = failure(await ask(house, caller, (metadata.FAULT, "drop")))
        assert (told.code, told.reason) == (Code.INVALID_ARGUMENT, "INVALID_METADATA")
        assert "takes no faults from callers" in told.message
    async with faulty(faults_by_caller=True) as (house, provider, caller):
        told = failure(await ask(house, caller, (metadata.FAULT, "code=DATA_LOSS")))
        assert (told.code, told.details["fault"]) == (Code.DATA_LOSS, "caller")
        wrong = failure(await ask(house, caller, (metadata.FAULT, "to=127.0.0.1:1")))
        assert (wrong.reason, "may not choose" in wrong.message) == ("INVALID_METADATA", True)
        assert not provider.heard


async def test_the_provider_does_not_hear_that_a_fault_was_asked_for() -> None:
    async with faulty(faults_by_caller=True) as (house, provider, caller):
        await ask(house, caller, (metadata.FAULT, "delay=1ms"))
        assert metadata.FAULT not in provider.heard[0].fields


async def test_the_first_rule_that_fits_counts() -> None:
    rules = fault("code=ABORTED", id="a", nth="1"), fault("code=DATA_LOSS", id="b")
    async with faulty(*rules) as (house, _, caller):
        ends = [failure(await ask(house, caller)) for _ in range(3)]
        assert [(end.code, end.details["fault"]) for end in ends] == [
            (Code.ABORTED, "a"), (Code.DATA_LOSS, "b"), (Code.DATA_LOSS, "b"),
        ]  # fmt: skip


async def test_a_rule_can_send_a_call_elsewhere_beside_another_fault() -> None:
    async with RawProvider(lambda called: called.answer(b"stub")) as stub:
        rules = fault("delay=1ms", id="slow"), fault(f"to={stub.address}", id="stub", provider=PROVIDER)
        async with faulty(*rules) as (house, provider, caller):
            call = await ask(house, caller)
            assert (call.data, call.trailers[metadata.FAULT]) == (message(b"stub"), "slow,stub")
            assert not provider.heard
            assert house.outcomes()[0].service == PROVIDER


async def test_all_workers_number_the_calls_of_a_rule_together(valkey: Valkey) -> None:
    async with connect(valkey.url) as store:
        one, other = FaultCounts(store), FaultCounts(store)
        assert [await each.next("f", 60) for each in (one, other, one)] == [1, 2, 3]
        assert 0 < await store.ttl("ndxp:fault:f") <= 60


async def test_a_worker_numbers_them_alone_while_the_store_is_away() -> None:
    async with connect("redis://127.0.0.1:1/0") as store:
        counts = FaultCounts(store)
        assert [await counts.next("f", 60) for _ in range(3)] == [1, 2, 3]
        assert await counts.next("g", 60) == 1


async def test_a_delayed_call_ends_with_its_deadline() -> None:
    async with faulty(fault("delay=1h")) as (house, provider, caller):
        call = caller.call(GET, house.identity, ("grpc-timeout", "100m"), data=[message(b"x")])
        told = failure(await caller.ended(call))
        assert (told.code, told.reason) == (Code.DEADLINE_EXCEEDED, "PROVIDER_TIMEOUT")
        assert told.details["fault"] == "f"
        assert not provider.heard
        assert house.state.admission.calls == 0


async def test_a_caller_who_leaves_during_a_delay_leaves_nothing_behind() -> None:
    async with faulty(fault("delay=1h")) as (house, provider, caller):
        call = caller.call(GET, house.identity, data=[message(b"x")])
        await until(lambda: any(relay.call.fault for relay in house.relays.under_way))
        assert call.stream is not None
        call.stream.reset(8)  # type: ignore[arg-type]
        await until(lambda: house.outcomes())
        assert (house.outcomes()[0].status_code, house.outcomes()[0].fault) == (Code.CANCELLED, "f")
        assert (house.state.admission.calls, provider.heard) == (0, [])


async def test_a_lost_answer_is_recorded_as_lost_after_the_provider_has_answered() -> None:
    async with faulty(fault("lose")) as (house, provider, caller):
        told = failure(await ask(house, caller))
        assert (told.code, told.reason) == (Code.UNAVAILABLE, "FAULT_INJECTED")
        [outcome] = house.outcomes()
        assert outcome.response_in_ts >= outcome.request_out_ts > 0
        assert (outcome.attempts, outcome.messages_out, len(provider.heard)) == (1, 0, 1)


async def test_a_duplicate_reaches_the_provider_twice_and_the_caller_gets_the_first_answer() -> None:
    answers = iter([b"first", b"second"])
    async with faulty(fault("duplicate"), act=lambda called: called.answer(next(answers))) as (house, provider, caller):
        call = await ask(house, caller)
        await until(lambda: len(provider.heard) == 2)
        assert call.data == message(b"first")
        assert provider.heard[0].data == provider.heard[1].data == message(b"question")
        assert house.outcomes()[0].attempts == 2


async def test_the_copy_of_a_stream_that_its_caller_ends_early_ends_too() -> None:
    async with faulty(fault("duplicate"), act=lambda _: None, at_once=True) as (house, provider, caller):
        house.state.snapshot = Snapshot(house.state.snapshot.registry, {})  # of an unknown kind, so it is not kept back
        call = caller.call(GET_ALL, house.identity, data=[message(b"x")], end=False)
        await until(lambda: len(provider.heard) == 2 and provider.heard[1].data)
        assert call.stream is not None
        call.stream.reset(8)  # type: ignore[arg-type]
        await until(lambda: all(heard.end == "reset 8" for heard in provider.heard))


async def test_a_skewed_clock_makes_the_signature_older_and_nothing_else() -> None:
    async with faulty(fault("skew=10m", nth="2")) as (house, provider, caller):
        house.state.provider_keys = {PROVIDER: b"k" * 32}
        for _ in range(2):
            assert (await ask(house, caller)).trailers["grpc-status"] == "0"
        claims = [
            jwt.decode(heard.fields[metadata.ASSERTION], options={"verify_signature": False})
            for heard in provider.heard
        ]
        assert 598 <= claims[0]["exp"] - claims[1]["exp"] <= 600


async def test_a_dropped_connection_takes_its_other_calls_along_but_not_those_of_others() -> None:
    rule = fault("drop", message_id="bad")
    async with faulty(rule, act=lambda _: None) as (house, provider, caller):
        async with RawCaller(caller._address) as neighbour:
            waiting = caller.call(GET, house.identity, data=[message(b"x")])
            calm = neighbour.call(GET, house.identity, data=[message(b"y")])
            await until(lambda: len(provider.heard) == 2)
            dropped = caller.call(GET, house.identity, (metadata.MESSAGE_ID, "bad"), data=[message(b"z")])
            await caller.ended(dropped)
            await caller.ended(waiting)
            assert (dropped.end, waiting.end, calm.end) == ("lost", "lost", "")
            reasons = sorted((outcome.reason, outcome.status_code) for outcome in house.outcomes())
            assert reasons == [("", Code.CANCELLED), ("FAULT_INJECTED", Code.UNAVAILABLE)]


async def test_the_connection_of_the_doors_is_not_cut_because_it_has_calls_of_others() -> None:
    async with faulty(fault("drop")) as (house, _, caller):
        call = await ask(house, caller, ("user-agent", metadata.DOORS))
        assert call.end == "reset 2"
        assert not caller.connection.closed


@pytest.mark.parametrize("effect", ["cut", "reset,after"])
async def test_a_broken_answer_ends_without_trailers_and_its_provider_is_left_in_peace(effect: str) -> None:
    async with faulty(fault(effect)) as (house, _, caller):
        call = await ask(house, caller)
        assert call.end == "reset 2"
        assert call.data in (message(b"answer")[: 5 + 3], b"")
        assert house.outcomes()[0].reason == "FAULT_INJECTED"
        assert (house.state.admission.calls, house.state.admission.holding(CLIENT).held) == (0, 0)


async def test_a_slow_answer_comes_whole_and_is_kept_within_the_windows() -> None:
    large = bytes(400_000)

    def act(called: Called) -> None:
        called.open.send_headers(BEGIN, "")
        called.open.send_data(message(large))
        called.open.send_trailers((("grpc-status", "0"),), "")

    async with faulty(fault("slow=2000000"), act=act) as (house, provider, caller):
        call = caller.call(GET_ALL, house.identity, data=[message(b"x")])
        await until(lambda: provider.heard and provider.heard[0].open.queued)  # it must wait for the slow one
        ended = await caller.ended(call)
        assert (ended.data, ended.trailers["grpc-status"]) == (message(large), "0")


async def test_a_stalled_stream_holds_its_provider_back_and_ends_with_the_deadline() -> None:
    def act(called: Called) -> None:
        called.open.send_headers(BEGIN, "")
        for _ in range(64):
            called.open.send_data(message(bytes(10_000)))

    async with faulty(fault("stall=2"), act=act) as (house, provider, caller):
        call = caller.call(GET_ALL, house.identity, ("grpc-timeout", "300m"), data=[message(b"x")])
        ended = await caller.ended(call)
        assert ended.data == message(bytes(10_000)) * 2
        assert failure(ended).reason == "PROVIDER_TIMEOUT"
        assert provider.heard[0].end == "reset 8"


async def test_a_stream_has_its_request_recorded_before_the_fault() -> None:
    async with faulty(fault("code=ABORTED")) as (house, _, caller):
        await ask(house, caller, method=GET_ALL)
        phases = [record.phase for record in house.journal.records]
        assert phases == [Phase.REQUEST, Phase.OUTCOME]


async def test_faults_open_no_circuit_and_are_counted_by_effect() -> None:
    async with faulty(fault("refuse=PROVIDER_UNREACHABLE", nth="1-9")) as (house, _, caller):
        for _ in range(9):
            assert failure(await ask(house, caller)).reason == "PROVIDER_UNREACHABLE"
        assert (await ask(house, caller)).trailers["grpc-status"] == "0"
        counted = {metric.name: metric for metric in house.state.traffic.collect()}
        [sample] = [sample for sample in counted["ndxp_exchange_faults"].samples if sample.value]
        assert (sample.labels, sample.value) == ({"effect": "refuse"}, 9)


async def test_an_error_of_the_provider_passes_beside_an_effect_that_changes_answers() -> None:
    def act(called: Called) -> None:
        trailers = "".join(literal(*pair) for pair in (("grpc-status", "5"), ("grpc-message", "nobody")))
        called.open.send_trailers(BEGIN, trailers)

    for effect in ("corrupt", "cut", "slow=10", "truncate", "stall=1"):
        async with faulty(fault(effect), act=act) as (house, _, caller):
            call = await ask(house, caller)
            assert (call.trailers["grpc-status"], call.trailers["grpc-message"]) == ("5", "nobody")


async def test_many_calls_with_delays_end_and_nothing_stays() -> None:
    async with faulty(fault("delay=normal:20ms:10ms,slow=100000")) as (house, _, caller):
        calls = [caller.call(GET, house.identity, data=[message(b"x")]) for _ in range(300)]
        await asyncio.gather(*(caller.ended(call) for call in calls))
        assert {call.trailers["grpc-status"] for call in calls} == {"0"}
        assert (house.state.admission.calls, len(house.relays.under_way)) == (0, 0)
