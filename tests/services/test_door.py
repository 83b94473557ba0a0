"""What every agency does before and after its methods: who may call, health, the access log."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import jwt
import pytest
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ndxp.access_log.v1 import access_log_pb2
from ndxp.access_log.v1.access_log_pb2_grpc import AccessLogServiceStub
from ndxp.agency.caller import caller
from ndxp.agency.database import Access
from ndxp.agency.retention import Limits, Retention
from ndxp.agency.server import AgencyServer
from ndxp.agency.settings import AgencySettings
from ndxp.clock import real_now
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1 import population_pb2_grpc
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.subject import SUBJECTS
from ndxp.wire import metadata, status
from ndxp.wire.assertion import Assertion, key_of, message_mark, sign
from ndxp.world import World
from tests.services.conftest import SECRETS
from tests.support.agencies import agency, population
from tests.support.fakes import until

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

MANY = 100
UNKNOWN_FIELD = b"\xfa\x01\x80\x50" + bytes(10_240)
"""Field 31 of a message, which the population's contract does not have: 10 KiB of zeros."""

VERIFY = f"{population.contract}/VerifyCitizen"


@pytest.fixture
async def direct(town: "Town") -> AsyncIterator[grpc.aio.Channel]:
    """A channel to the population agency that goes past the gateway."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{town.ports['population']}") as channel:
        yield channel


def signed(*, method: str = VERIFY, provider: str = population.subsystem, **said: Any) -> tuple[tuple[str, str]]:
    assertion = Assertion("VN/GOV/G22/portal", provider, method, str(uuid4()), **said)
    return ((metadata.ASSERTION, sign(assertion, key_of(SECRETS[population.subsystem]))),)


@pytest.fixture
def question(world: World) -> pb.VerifyCitizenRequest:
    citizen = world.persona("traveller").citizen
    return pb.VerifyCitizenRequest(
        citizen_number=citizen.number, full_name=citizen.full_name, birth_date=str(citizen.birth_date)
    )


async def test_a_call_without_assertion_is_refused(
    direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest, failure_of: "FailureOf"
) -> None:
    failure = await failure_of(PopulationServiceStub(direct).VerifyCitizen(question))
    assert (failure.code, failure.reason, failure.hop) == (Code.PERMISSION_DENIED, "GATEWAY_ONLY", "agency")


async def test_a_call_without_assertion_is_refused_before_its_message_is_taken(direct: grpc.aio.Channel) -> None:
    call: Any = direct.stream_stream(f"/{VERIFY}")(timeout=20)  # no message comes, for as long as that
    assert await call.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_call_with_a_large_message_and_no_assertion_learns_why_it_is_refused(
    direct: grpc.aio.Channel, failure_of: "FailureOf"
) -> None:
    large = pb.VerifyCitizenRequest(full_name="x" * 8_000_000)
    for _ in range(5):
        assert (await failure_of(PopulationServiceStub(direct).VerifyCitizen(large))).reason == "GATEWAY_ONLY"


async def test_a_call_with_the_gateways_assertion_is_answered(
    town: "Town", direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest
) -> None:
    answer = await PopulationServiceStub(direct).VerifyCitizen(question, metadata=signed())
    assert answer.matched


@pytest.mark.parametrize(
    "other", [{"method": f"{population.contract}/GetCitizen"}, {"provider": "VN/GOV/G01/passports"}]
)
async def test_an_assertion_made_for_something_else_is_refused(
    town: "Town",
    direct: grpc.aio.Channel,
    question: pb.VerifyCitizenRequest,
    other: dict[str, str],
    failure_of: "FailureOf",
) -> None:
    failure = await failure_of(PopulationServiceStub(direct).VerifyCitizen(question, metadata=signed(**other)))
    assert (failure.code, failure.reason) == (Code.PERMISSION_DENIED, "GATEWAY_ONLY")


async def test_an_assertion_that_was_presented_to_another_replica_gets_no_answer(
    town: "Town", direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest, failure_of: "FailureOf", tmp_path: Path
) -> None:
    pairs = signed(message=made_for(question))
    assert (await PopulationServiceStub(direct).VerifyCitizen(question, metadata=pairs)).matched
    settings = AgencySettings(
        credentials=tmp_path / "credentials.json", addresses={population.subsystem: "127.0.0.1:0"},
        database_url=f"sqlite:///{tmp_path}/{{name}}.db",
    )  # fmt: skip
    replica = agency("population", settings, town.world)
    port = await replica.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = PopulationServiceStub(channel).VerifyCitizen(question, metadata=pairs)
        failure = await failure_of(call)
        assert (await PopulationServiceStub(channel).VerifyCitizen(question, metadata=signed())).matched
    await replica.stop()
    assert (failure.code, failure.reason) == (Code.PERMISSION_DENIED, "GATEWAY_ONLY")
    assert "presented before" in failure.message
    assert metadata.SUBJECT not in await call.trailing_metadata()


async def test_a_stream_without_assertion_is_refused(direct: grpc.aio.Channel) -> None:
    call = PopulationServiceStub(direct).WatchChanges(pb.WatchChangesRequest())
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call.read()
    assert status.decode(raised.value).reason == "GATEWAY_ONLY"


async def test_health_is_open_and_names_the_contract(direct: grpc.aio.Channel) -> None:
    request = health_pb2.HealthCheckRequest(service=population.contract)
    stub: Any = health_pb2_grpc.HealthStub(direct)  # the stub's methods are attributes that no type checker sees
    answer = await stub.Check(request)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_who_asks_for_health_and_never_says_whose_is_not_waited_for(direct: grpc.aio.Channel) -> None:
    call: Any = direct.stream_stream("/grpc.health.v1.Health/Check")(timeout=20)
    assert "not there within 2 s" in await call.details()


async def test_the_access_log_counts_exactly_the_answered_calls(
    town: "Town", direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest, failure_of: "FailureOf"
) -> None:
    stub = town.population()
    for _ in range(3):
        await stub.VerifyCitizen(question)
    await failure_of(stub.VerifyCitizen(pb.VerifyCitizenRequest(citizen_number="1")))
    await failure_of(PopulationServiceStub(direct).VerifyCitizen(question))  # refused at the door: not answered
    counts = await AccessLogServiceStub(town.channel()).CountAccesses(
        access_log_pb2.CountAccessesRequest(), metadata=((metadata.SERVICE, population.subsystem),)
    )
    assert counts.total == 4
    assert {(count.method, count.status_code): count.count for count in counts.counts} == {
        (VERIFY, Code.OK): 3,
        (VERIFY, Code.INVALID_ARGUMENT): 1,
    }


async def test_every_call_of_a_method_is_counted_once_however_it_ends(
    town: "Town", direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest, failure_of: "FailureOf"
) -> None:
    stub = PopulationServiceStub(direct)
    await stub.VerifyCitizen(question, metadata=signed())
    await failure_of(stub.VerifyCitizen(question))
    await failure_of(stub.VerifyCitizen(pb.VerifyCitizenRequest(citizen_number="1"), metadata=signed()))
    garbage: Any = direct.unary_unary(f"/{VERIFY}")
    await failure_of(garbage(b"\xff", metadata=signed()))
    other = message_mark(sha256(b"another one").digest())
    await failure_of(stub.VerifyCitizen(question, metadata=signed(message=other)))
    made_up: Any = direct.unary_unary(f"/{population.contract}/MadeUp")
    await failure_of(made_up(b"", metadata=signed()))
    traffic = town.agencies["population"].server.traffics[population.subsystem]
    assert traffic.calls == {
        (VERIFY, Code.OK): 1,
        (VERIFY, Code.PERMISSION_DENIED): 2,
        (VERIFY, Code.INVALID_ARGUMENT): 2,
    }
    assert {method: sum(times.counts) for method, times in traffic.durations.items()} == {VERIFY: 5}


async def test_a_stream_is_counted_and_how_long_it_lasts_is_not(town: "Town", direct: grpc.aio.Channel) -> None:
    watch = f"{population.contract}/WatchChanges"
    asked = pb.WatchChangesRequest(stop_at_end=True)
    stub = PopulationServiceStub(direct)
    assert [change async for change in stub.WatchChanges(asked, metadata=signed(method=watch))] == []
    refused = stub.WatchChanges(asked)
    assert await refused.code() is grpc.StatusCode.PERMISSION_DENIED
    traffic = town.agencies["population"].server.traffics[population.subsystem]
    assert traffic.calls == {(watch, Code.OK): 1, (watch, Code.PERMISSION_DENIED): 1}
    assert traffic.durations == {}


async def test_the_access_log_says_since_when_it_is_complete(town: "Town", question: pb.VerifyCitizenRequest) -> None:
    stub, pairs = AccessLogServiceStub(town.channel()), ((metadata.SERVICE, population.subsystem),)
    counting, listing = access_log_pb2.CountAccessesRequest(), access_log_pb2.ListAccessesRequest()
    for answer in (
        await stub.CountAccesses(counting, metadata=pairs),
        await stub.ListAccesses(listing, metadata=pairs),
    ):
        assert not answer.HasField("complete_since")
    old = real_now() - 2 * 86_400 * 1_000_000
    database = town.agencies["population"].foundation.database
    with database.transaction() as transaction:
        transaction.log([Access("old", "c", "", "", "m", 0, old)])
    await town.population().VerifyCitizen(question)
    assert Retention(database, Limits(days=1)).remove_some()
    counted = await stub.CountAccesses(counting, metadata=pairs)
    listed = await stub.ListAccesses(listing, metadata=pairs)
    assert (counted.total, len(listed.accesses)) == (1, 1)
    for answer in (counted, listed):
        assert answer.complete_since.ToMicroseconds() == old + 1


async def test_the_access_log_names_transaction_client_and_officer(
    town: "Town", question: pb.VerifyCitizenRequest
) -> None:
    await town.population().VerifyCitizen(question, metadata=((metadata.USER_ID, "officer-7"),))
    listed = await AccessLogServiceStub(town.channel()).ListAccesses(
        access_log_pb2.ListAccessesRequest(), metadata=((metadata.SERVICE, population.subsystem),)
    )
    access = listed.accesses[0]
    call = town.gateway.forwarded[0]
    assert (access.transaction_id, access.client, access.user_id) == (call.transaction_id, call.client, "officer-7")


def logged(town: "Town") -> list[int]:
    """The statuses of the population agency's calls, when MANY have ended."""
    with town.agencies["population"].foundation.database.reading() as reader:
        found = [access.status_code for _, access in reader.accesses(after=0, since=0, limit=2 * MANY)]
    return found if len(found) >= MANY else []


async def test_a_caller_who_leaves_in_the_middle_of_a_stream_has_not_said_everything(
    town: "Town", direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest
) -> None:
    batch = f"{population.contract}/BatchVerifyCitizens"
    claim = pb.BatchVerifyCitizensRequest(
        citizen_number=question.citizen_number, full_name=question.full_name, birth_date=question.birth_date
    )

    async def leave_in_the_middle() -> None:
        stream = PopulationServiceStub(direct).BatchVerifyCitizens(metadata=signed(method=batch))
        await stream.write(claim)
        assert (await stream.read()).matched
        stream.cancel()

    for _ in range(MANY // 20):
        await asyncio.gather(*(leave_in_the_middle() for _ in range(20)))
    assert Counter(await until(lambda: logged(town))) == {Code.CANCELLED: MANY}
    assert town.agencies["population"].server.traffics[population.subsystem].calls == {(batch, Code.CANCELLED): MANY}


async def test_a_caller_who_leaves_in_the_middle_of_an_upload_has_not_said_everything(
    town: "Town", direct: grpc.aio.Channel, world: World
) -> None:
    path = f"{population.contract}/UploadChanges"
    address = pb.Address(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc")

    def taken() -> int:
        with town.agencies["population"].foundation.database.reading() as reader:
            return reader.newest_change()

    async def leave_in_the_middle(number: str, until_taken: int) -> None:
        upload = PopulationServiceStub(direct).UploadChanges(metadata=signed(method=path))
        await upload.write(pb.UploadChangesRequest(request_id=number, citizen_number=number, current_address=address))
        await until(lambda: taken() >= until_taken)
        upload.cancel()

    numbers = [citizen.number for citizen in world.sample(MANY, 8, alive=True)]
    for begin in range(0, MANY, 20):
        await asyncio.gather(*(leave_in_the_middle(number, begin + 20) for number in numbers[begin : begin + 20]))
    assert Counter(await until(lambda: logged(town))) == {Code.CANCELLED: MANY}
    assert town.agencies["population"].server.traffics[population.subsystem].calls == {(path, Code.CANCELLED): MANY}


async def test_an_access_log_that_cannot_be_written_gives_no_answer_and_shows_nothing(
    town: "Town", question: pb.VerifyCitizenRequest, failure_of: "FailureOf", caplog: pytest.LogCaptureFixture
) -> None:
    with town.agencies["population"].foundation.database.transaction() as transaction:
        transaction._run("DROP TABLE accesses")
    failure = await failure_of(town.population().VerifyCitizen(question, metadata=((metadata.USER_ID, "officer-7"),)))
    assert (failure.code, failure.reason) == (Code.UNAVAILABLE, "ACCESS_LOG_UNAVAILABLE")
    for told in (failure.message, caplog.text):
        assert "officer-7" not in told
        assert "INSERT" not in told


async def test_an_unknown_method_is_unimplemented(direct: grpc.aio.Channel) -> None:
    call: Any = direct.unary_unary(f"/{population.contract}/Nonsense")
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(b"")
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_assertion_that_was_presented_before_is_refused_and_not_logged(
    town: "Town", direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest, failure_of: "FailureOf"
) -> None:
    stub, pairs = PopulationServiceStub(direct), signed()
    await stub.VerifyCitizen(question, metadata=pairs)
    for _ in range(2):
        failure = await failure_of(stub.VerifyCitizen(question, metadata=pairs))
        assert (failure.code, failure.reason) == (Code.PERMISSION_DENIED, "GATEWAY_ONLY")
        assert "was presented before" in failure.message
    counts = await AccessLogServiceStub(town.channel()).CountAccesses(
        access_log_pb2.CountAccessesRequest(), metadata=((metadata.SERVICE, population.subsystem),)
    )
    assert counts.total == 1


def made_for(message: Message) -> str:
    return message_mark(sha256(message.SerializeToString()).digest())


async def test_an_assertion_is_good_for_the_message_that_it_was_made_for(
    direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest
) -> None:
    pairs = signed(message=made_for(question))
    assert (await PopulationServiceStub(direct).VerifyCitizen(question, metadata=pairs)).matched


async def test_an_assertion_made_for_another_message_is_refused_and_not_logged(
    town: "Town", direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest, failure_of: "FailureOf"
) -> None:
    other = pb.VerifyCitizenRequest(citizen_number=question.citizen_number)
    failure = await failure_of(
        PopulationServiceStub(direct).VerifyCitizen(question, metadata=signed(message=made_for(other)))
    )
    assert (failure.code, failure.reason) == (Code.PERMISSION_DENIED, "GATEWAY_ONLY")
    assert "another message" in failure.message
    counts = await AccessLogServiceStub(town.channel()).CountAccesses(
        access_log_pb2.CountAccessesRequest(), metadata=((metadata.SERVICE, population.subsystem),)
    )
    assert counts.total == 0


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_a_call_whose_assertion_names_no_message_is_answered(
    direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest, compression: grpc.Compression
) -> None:
    """The gateway names none that it cannot read: of a contract that it does not know, or compressed."""
    (pair,) = signed()
    assert "msg" not in jwt.decode(pair[1], options={"verify_signature": False})
    worth_compressing = question.SerializeToString() + UNKNOWN_FIELD
    call: Any = direct.unary_unary(f"/{VERIFY}", response_deserializer=pb.VerifyCitizenResponse.FromString)
    assert (await call(worth_compressing, metadata=(pair,), compression=compression)).matched


async def test_a_burst_of_calls_on_three_connections_is_answered(
    town: "Town", question: pb.VerifyCitizenRequest
) -> None:
    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(
                grpc.aio.insecure_channel(
                    f"127.0.0.1:{town.ports['population']}", options=(("grpc.use_local_subchannel_pool", 1),)
                )
            )
            for _ in range(3)
        ]
        calls = [
            PopulationServiceStub(channel).VerifyCitizen(question, metadata=signed())
            for _ in range(1000)
            for channel in channels
        ]
        answers = await asyncio.gather(*calls)
    assert all(answer.matched for answer in answers)


async def test_a_stream_of_answers_is_for_the_message_that_its_assertion_was_made_for(direct: grpc.aio.Channel) -> None:
    watch, wanted = f"{population.contract}/WatchChanges", pb.WatchChangesRequest(stop_at_end=True)
    good = PopulationServiceStub(direct).WatchChanges(wanted, metadata=signed(method=watch, message=made_for(wanted)))
    assert [change async for change in good] == []
    bad = PopulationServiceStub(direct).WatchChanges(
        pb.WatchChangesRequest(), metadata=signed(method=watch, message=made_for(wanted))
    )
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await bad.read()
    assert status.decode(raised.value).reason == "GATEWAY_ONLY"


async def test_garbage_with_somebody_elses_assertion_is_refused_before_it_is_read(
    direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest, failure_of: "FailureOf"
) -> None:
    call: Any = direct.unary_unary(f"/{VERIFY}")
    failure = await failure_of(call(b"\xff\xff", metadata=signed(message=made_for(question))))
    assert failure.reason == "GATEWAY_ONLY"


async def test_an_answer_holds_the_granted_fields_only_and_names_the_others(
    direct: grpc.aio.Channel, question: pb.VerifyCitizenRequest
) -> None:
    pairs = signed(method=f"{population.contract}/GetCitizen", fields="citizen.full_name")
    asked = pb.GetCitizenRequest(
        citizen_number=question.citizen_number, full_name=question.full_name, birth_date=question.birth_date
    )
    call = PopulationServiceStub(direct).GetCitizen(asked, metadata=pairs)
    assert await call == pb.GetCitizenResponse(citizen=pb.Citizen(full_name=question.full_name))
    withheld = str((await call.trailing_metadata())[metadata.WITHHELD]).split()
    assert withheld == [f"citizen.{f.name}" for f in pb.Citizen.DESCRIPTOR.fields if f.name != "full_name"]


async def test_a_stream_says_what_it_withholds_before_its_first_message(direct: grpc.aio.Channel) -> None:
    pairs = signed(method=f"{population.contract}/BatchVerifyCitizens", fields="item_id,problem")
    call = PopulationServiceStub(direct).BatchVerifyCitizens(metadata=pairs)
    for number in ("1", "2"):
        await call.write(pb.BatchVerifyCitizensRequest(item_id=number, citizen_number="x"))
    await call.done_writing()
    answers = [answer async for answer in call]
    assert [(answer.item_id, answer.matched) for answer in answers] == [("1", False), ("2", False)]
    assert all(answer.problem for answer in answers)
    assert (await call.initial_metadata())[metadata.WITHHELD] == "matched"


async def test_an_empty_answer_says_the_same_of_what_is_withheld_as_a_full_one(direct: grpc.aio.Channel) -> None:
    pairs = signed(method=f"{population.contract}/GetCitizen", fields="citizen.full_name")
    nobody = pb.GetCitizenRequest(citizen_number="001090000001", full_name="Nguyễn Văn A", birth_date="1990-01-01")
    call = PopulationServiceStub(direct).GetCitizen(nobody, metadata=pairs)
    assert await call == pb.GetCitizenResponse()
    assert "citizen.spouse" in str((await call.trailing_metadata())[metadata.WITHHELD]).split()


@pytest.mark.parametrize("method", ["VerifyCitizen", "BatchVerifyCitizens"])
async def test_a_message_that_is_none_of_the_methods_is_refused(
    direct: grpc.aio.Channel, failure_of: "FailureOf", caplog: pytest.LogCaptureFixture, method: str
) -> None:
    path = f"{population.contract}/{method}"
    if method == "VerifyCitizen":
        unary: Any = direct.unary_unary(f"/{path}")
        failure = await failure_of(unary(b"\xff" * 50, metadata=signed(method=path)))
    else:
        stream: Any = direct.stream_unary(f"/{path}")
        failure = await failure_of(stream(iter([b"\xff" * 50]), metadata=signed(method=path)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "MALFORMED_MESSAGE")
    assert "Traceback" not in caplog.text


async def test_a_message_of_somebody_without_an_assertion_is_not_read(
    direct: grpc.aio.Channel, failure_of: "FailureOf"
) -> None:
    call: Any = direct.unary_unary(f"/{VERIFY}")
    assert (await failure_of(call(b"\xff" * 50))).reason == "GATEWAY_ONLY"


async def test_an_agency_of_several_subsystems_knows_as_which_it_is_called(tmp_path: Path) -> None:
    stops = {f"VN/GOV/{code}/one-stop": f"secret of {code}" for code in ("H01", "H02", "H26")}
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps({**stops, SUBJECTS: "key"}), encoding="utf-8")

    class Who(population_pb2_grpc.PopulationServiceServicer):
        async def VerifyCitizen(self, _: Any, __: Any) -> pb.VerifyCitizenResponse:
            return pb.VerifyCitizenResponse(matched=caller().provider == "VN/GOV/H02/one-stop")

    server = AgencyServer(list(stops), credentials)
    server.add(population.contract, Who(), population_pb2_grpc.add_PopulationServiceServicer_to_server)
    address = f"127.0.0.1:{await server.start('127.0.0.1:0')}"

    def call(provider: str, secret: str) -> Any:
        word = Assertion(client="VN/GOV/G22/portal", provider=provider, method=VERIFY, transaction_id=str(uuid4()))
        pairs = ((metadata.ASSERTION, sign(word, key_of(secret))),)
        return PopulationServiceStub(channel).VerifyCitizen(pb.VerifyCitizenRequest(), metadata=pairs)

    async with grpc.aio.insecure_channel(address) as channel:
        answers = {provider: (await call(provider, secret)).matched for provider, secret in stops.items()}
        assert answers == {provider: "H02" in provider for provider in stops}
        for provider, secret in (
            ("VN/GOV/H99/one-stop", stops["VN/GOV/H01/one-stop"]),  # of nobody here
            ("VN/GOV/H02/one-stop", stops["VN/GOV/H01/one-stop"]),  # signed with another's
        ):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call(provider, secret)
            assert status.decode(refused.value).reason == "GATEWAY_ONLY"
    await server.stop()
    counted = {name: sum(traffic.calls.values()) for name, traffic in server.traffics.items()}
    assert counted == {"VN/GOV/H01/one-stop": 2, "VN/GOV/H02/one-stop": 2, "VN/GOV/H26/one-stop": 1}
