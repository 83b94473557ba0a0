"""A sandbox on a whole exchange: an identity for one test, its faults, its calls, and stubs of agencies for it."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import httpx
import pytest

from ndxp.admin import AdminRefused
from ndxp.clock import ClockRefused
from ndxp.errors import AgencyError, Code
from ndxp.faults.scenario import ScenarioRefused
from ndxp.health_insurance.v1.health_insurance_pb2 import CheckInRequest
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1.population_pb2_grpc import PopulationServiceServicer, PopulationServiceStub
from ndxp.testing import RunningExchange, Sandbox, match
from ndxp.wire.status import decode
from services import population

POPULATION = "VN/GOV/G01/population"
HOSPITAL, STRANGER = "VN/GOV/H26/hospital", "VN/GOV/G27/lgsp"
REQUEST = pb.VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
JSON = {"citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn", "birthDate": "1979"}
PATH = "/ndxp.population.v1.PopulationService/VerifyCitizen"
PROGRAM = """
import os
import ndxp
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

with ndxp.connect(os.environ["NDXP_SUBSYSTEM"], folder=os.environ["NDXP_FOLDER"]) as exchange:
    request = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
    print(PopulationServiceStub(exchange.channel).VerifyCitizen(request).matched)
"""
Verify = Callable[[], str]


def verifies(sandbox: Sandbox) -> str:
    """How a call that is sent once ends: matched or not, or the reason of the error."""
    with sandbox.connect(retries=False) as connected:
        try:
            return str(PopulationServiceStub(connected.channel).VerifyCitizen(REQUEST).matched)
        except grpc.RpcError as error:
            return decode(error).reason


@pytest.fixture
def neighbour(exchange: RunningExchange) -> Iterator[Sandbox]:
    """Another test on the same exchange."""
    with Sandbox(exchange) as made:
        yield made


def registered(exchange: RunningExchange) -> set[str]:
    return {
        f"{member['id']}/{name}" for member in exchange.admin.get("members").json() for name in member["subsystems"]
    }


def test_a_fault_is_for_the_calls_of_its_own_test_and_ends_with_its_with_statement(
    sandbox: Sandbox, neighbour: Sandbox
) -> None:
    with sandbox.fault("code=UNAVAILABLE, reason=MAINTENANCE", method="VerifyCitizen", nth="1-2"):
        assert [verifies(sandbox) for _ in range(3)] == ["MAINTENANCE", "MAINTENANCE", "True"]
        assert verifies(neighbour) == "True"
    assert verifies(sandbox) == "True"
    calls = sandbox.calls(method="VerifyCitizen")
    assert calls.codes == ["UNAVAILABLE", "UNAVAILABLE", "OK", "OK"]
    assert calls.reasons == ["FAULT_INJECTED", "FAULT_INJECTED", "", ""]
    assert neighbour.calls().codes == ["OK"]


def test_a_fault_without_a_with_statement_stays_until_it_is_removed_or_the_sandbox_is_reset(sandbox: Sandbox) -> None:
    fault = sandbox.fault("refuse=TOKEN_EXPIRED", provider=POPULATION)
    assert verifies(sandbox) == "TOKEN_EXPIRED"
    fault.remove()
    assert verifies(sandbox) == "True"
    sandbox.fault("refuse=QUOTA_EXCEEDED")
    assert verifies(sandbox) == "QUOTA_EXCEEDED"
    sandbox.reset()
    assert len(sandbox.calls()) == 0
    assert verifies(sandbox) == "True"
    assert sandbox.calls().codes == ["OK"]


def test_a_client_that_calls_again_is_seen_with_its_attempts(sandbox: Sandbox) -> None:
    with sandbox.connect() as connected, sandbox.fault("code=UNAVAILABLE", method="VerifyCitizen", nth="1"):
        assert PopulationServiceStub(connected.channel).VerifyCitizen(REQUEST).matched
    calls = sandbox.calls()
    assert (calls.codes, calls.attempts) == (["UNAVAILABLE", "OK"], [0, 2])


def test_a_fault_decorates_a_function(sandbox: Sandbox) -> None:
    @sandbox.fault("refuse=OVERLOADED")
    def verified() -> str:
        return verifies(sandbox)

    assert [verified(), verifies(sandbox), verified()] == ["OVERLOADED", "True", "OVERLOADED"]


@pytest.mark.ndxp_fault("refuse=MEMBER_DISABLED", method="VerifyCitizen")
def test_a_fault_is_set_by_a_mark_and_goes_with_the_sandbox_when_it_acts_as_another(sandbox: Sandbox) -> None:
    assert verifies(sandbox) == "MEMBER_DISABLED"
    assert verifies(sandbox.acts_as("VN/GOV/H29/one-stop")) == "MEMBER_DISABLED"
    sandbox.reset()
    assert verifies(sandbox) == "True"


def test_a_scenario_is_for_the_calls_of_one_test(sandbox: Sandbox, neighbour: Sandbox) -> None:
    with sandbox.scenario("population-maintenance"):
        assert verifies(sandbox) != "True"
        assert verifies(neighbour) == "True"
    assert verifies(sandbox) == "True"
    with pytest.raises(ScenarioRefused, match="did you mean 'lost-answer'"):
        sandbox.scenario("lost-anser")


@pytest.mark.parametrize(
    ("effects", "conditions", "what"),
    [
        ("delay=later", {}, "no time such as 250ms"),
        ("code=UNAVAILABLE", {"share": 3.0}, "share"),
        ("drop", {"contract": "no.such.Contract"}, "nobody offers 'no.such.Contract'"),
        ("drop", {"nth": "0"}, "calls count from 1"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_what_is_wrong(
    sandbox: Sandbox, effects: str, conditions: dict[str, Any], what: str
) -> None:
    with pytest.raises(AdminRefused, match=what):
        sandbox.fault(effects, **conditions)


def test_a_request_that_is_repeated_after_its_answer_was_lost_gets_the_first_answer_and_is_done_once(
    sandbox: Sandbox, exchange: RunningExchange
) -> None:
    sandbox.acts_as(HOSPITAL)
    request = CheckInRequest(
        request_id=str(uuid4()), citizen_number=REQUEST.citizen_number, full_name=REQUEST.full_name,
        birth_date="1979-07-20", facility="01001",
    )  # fmt: skip
    with sandbox.connect(retries=False) as connected:
        insurer = HealthInsuranceServiceStub(connected.channel)
        with sandbox.fault("lose", method="CheckIn", nth="1"):
            with pytest.raises(grpc.RpcError) as lost:
                insurer.CheckIn(request)
            answer = insurer.CheckIn(request)
    first, second = sandbox.calls(method="CheckIn")
    assert (first.code, first.reason, second.code, second.fault) == ("UNAVAILABLE", "FAULT_INJECTED", "OK", "")
    assert decode(lost.value).transaction_id == first.transaction_id == second.replay_of
    # The insurer asked the population database once: while it did the first call, whose answer was lost.
    asked = exchange.admin.get("transactions", params={"message_id": first.transaction_id}).json()
    assert [record["transaction_id"] for record in asked] == [answer.verification_transaction_id]
    assert exchange.admin.get("transactions", params={"message_id": second.transaction_id}).json() == []


def test_a_sandbox_acts_as_another_subsystem_and_leaves_nothing_of_itself(exchange: RunningExchange) -> None:
    before, grants = registered(exchange), exchange.admin.get("grants").json()
    with Sandbox(exchange) as sandbox:
        own = sandbox.subsystem
        assert own.startswith("VN/GOV/H26/test-")
        assert verifies(sandbox) == "True"
        sandbox.acts_as(STRANGER)
        assert sandbox.subsystem.startswith("VN/GOV/G27/test-")
        assert verifies(sandbox) == "ACCESS_DENIED"
        assert registered(exchange) - before == {own, sandbox.subsystem}
        folder = sandbox.folder
    assert registered(exchange) == before
    assert exchange.admin.get("grants").json() == grants
    assert not folder.exists()
    assert own not in json.loads(exchange.credentials.read_text(encoding="utf-8"))


def test_a_sandbox_that_nobody_uses_is_not_made(sandbox: Sandbox, exchange: RunningExchange) -> None:
    before = registered(exchange)
    assert sandbox.person("traveller").number == REQUEST.citizen_number
    assert registered(exchange) == before


def test_a_subsystem_that_is_not_on_the_exchange_cannot_be_acted_as(sandbox: Sandbox) -> None:
    with pytest.raises(AdminRefused, match="'VN/GOV/H26/nobody' is no subsystem of this exchange"):
        verifies(sandbox.acts_as("VN/GOV/H26/nobody"))


def test_a_sandbox_has_a_quota_of_its_own(sandbox: Sandbox, neighbour: Sandbox) -> None:
    sandbox.quota(rate=0.001, burst=1)
    assert [verifies(sandbox) for _ in range(2)][-1] == "QUOTA_EXCEEDED"
    assert verifies(neighbour) == "True"


def test_a_program_that_is_tested_finds_the_exchange_in_its_environment(sandbox: Sandbox) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={"PYTHONPATH": ":".join(sys.path), **sandbox.environment},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert ran.stdout == "True\n", ran.stderr
    assert sandbox.calls().codes == ["OK"]
    secrets = json.loads(sandbox.credentials.read_text(encoding="utf-8"))
    assert list(secrets) == [sandbox.subsystem]


async def test_the_doors_and_asyncio_call_as_the_sandbox_too(sandbox: Sandbox) -> None:
    assert sandbox.http.post(PATH, json=JSON).json() == {"matched": True}
    async with sandbox.aconnect(retries=False) as connected, sandbox.afault("refuse=OVERLOADED", nth="1"):
        service: Any = PopulationServiceStub(connected.channel)
        with pytest.raises(grpc.aio.AioRpcError):
            await service.VerifyCitizen(REQUEST)
        assert (await service.VerifyCitizen(REQUEST)).matched
    assert (await sandbox.acalls(method="VerifyCitizen")).codes == ["OK", "UNAVAILABLE", "OK"]


def test_a_table_of_answers_takes_the_place_of_an_agency_for_one_test(sandbox: Sandbox, neighbour: Sandbox) -> None:
    refusal = AgencyError(Code.FAILED_PRECONDITION, "REGISTER_CLOSED", "closed until Monday")
    table = {"VerifyCitizen": {match(birth_date="1979"): [{"matched": False}, refusal]}}
    with sandbox.agency(table, contract="PopulationService") as stub:
        assert [verifies(sandbox) for _ in range(3)] == ["False", "REGISTER_CLOSED", "REGISTER_CLOSED"]
        assert verifies(neighbour) == "True"
        # What the table does not answer, the real agency does.
        with sandbox.connect() as connected:
            wanted = pb.GetCitizenRequest(
                citizen_number=REQUEST.citizen_number, full_name=REQUEST.full_name, birth_date="1979"
            )
            found = PopulationServiceStub(connected.channel).GetCitizen(wanted)
    assert found.citizen.full_name == REQUEST.full_name
    assert stub.asked("VerifyCitizen") == [REQUEST] * 3
    assert {asked.client for asked in stub.requests} == {sandbox.subsystem}
    assert verifies(sandbox) == "True"
    assert sandbox.calls(method="VerifyCitizen").reasons == ["", "REGISTER_CLOSED", "REGISTER_CLOSED", ""]


class Slow(PopulationServiceServicer):
    """Methods of each form that a servicer may have."""

    async def VerifyCitizen(self, request: pb.VerifyCitizenRequest, _: Any) -> pb.VerifyCitizenResponse:
        return pb.VerifyCitizenResponse(matched=request.full_name == "Nobody")

    def GetCitizen(self, request: pb.GetCitizenRequest, _: Any) -> pb.GetCitizenResponse:
        return pb.GetCitizenResponse(citizen=pb.Citizen(citizen_number=request.citizen_number, full_name="Nobody"))

    async def BatchVerifyCitizens(
        self, requests: AsyncIterator[pb.BatchVerifyCitizensRequest], _: Any
    ) -> AsyncIterator[pb.BatchVerifyCitizensResponse]:
        async for request in requests:
            yield pb.BatchVerifyCitizensResponse(item_id=request.item_id)


def test_a_servicer_takes_the_place_of_an_agency_with_the_methods_that_it_has(sandbox: Sandbox) -> None:
    stub = sandbox.agency(Slow)
    with sandbox.connect() as connected:
        service = PopulationServiceStub(connected.channel)
        assert not service.VerifyCitizen(REQUEST).matched
        assert service.GetCitizen(pb.GetCitizenRequest(citizen_number="1")).citizen.full_name == "Nobody"
        lines = [pb.BatchVerifyCitizensRequest(item_id=each) for each in "ab"]
        assert [answer.item_id for answer in service.BatchVerifyCitizens(iter(lines))] == ["a", "b"]
    assert stub.asked("BatchVerifyCitizens") == lines
    assert sandbox.calls().codes == ["OK", "OK", "OK"]


def test_faults_hit_the_calls_of_a_stub_too(sandbox: Sandbox) -> None:
    stub = sandbox.agency({"VerifyCitizen": {"matched": False}}, contract="PopulationService")
    with sandbox.fault("refuse=OVERLOADED", nth="1"):
        assert [verifies(sandbox) for _ in range(2)] == ["OVERLOADED", "False"]
    assert len(stub.asked()) == 1


def test_a_whole_agency_takes_the_place_of_the_one_on_the_exchange(sandbox: Sandbox) -> None:
    sandbox.agency(population)
    assert verifies(sandbox) == "True"
    [call] = sandbox.calls()
    assert call.fault


def test_calls_are_recorded_without_personal_data_and_answered_from_the_file(sandbox: Sandbox, tmp_path: Path) -> None:
    cassette = tmp_path / "cassette.json"
    with sandbox.record(cassette, contract="PopulationService"):
        assert verifies(sandbox) == "True"
        with sandbox.connect(retries=False) as connected, pytest.raises(grpc.RpcError):
            PopulationServiceStub(connected.channel).VerifyCitizen(pb.VerifyCitizenRequest(citizen_number="1"))
    assert REQUEST.citizen_number not in cassette.read_text(encoding="utf-8")
    recorded = sandbox.calls(method="VerifyCitizen")
    assert recorded.codes == ["OK", "INVALID_ARGUMENT"]
    sandbox.reset()
    sandbox.replay(cassette)
    stranger = pb.VerifyCitizenRequest(citizen_number="1" * 12, full_name="Ai Đó", birth_date="1980")
    with sandbox.connect() as connected:
        service = PopulationServiceStub(connected.channel)
        assert service.VerifyCitizen(stranger).matched
        for wrong in ("2", "3"):
            with pytest.raises(grpc.RpcError):
                service.VerifyCitizen(pb.VerifyCitizenRequest(citizen_number=wrong))
    assert sandbox.calls().reasons == ["", recorded[1].reason, "NOT_RECORDED"]


@pytest.mark.parametrize(
    ("stub", "contract", "what"),
    [
        ({"VerifyCitizen": {}}, "NoService", "nobody offers NoService; offered are .*PopulationService"),
        ({"Verify": {}}, "PopulationService", "no method Verify"),
        (object(), "", "object is no servicer"),
        (PopulationServiceServicer, "", "answers no method of ndxp.population.v1.PopulationService"),
    ],
)
def test_what_cannot_be_an_agency_is_refused_with_what_is_wrong(
    sandbox: Sandbox, stub: Any, contract: str, what: str
) -> None:
    with pytest.raises(ValueError, match=what):
        sandbox.agency(stub, contract=contract)


def test_the_clock_of_an_exchange_that_runs_by_real_time_is_not_moved(sandbox: Sandbox) -> None:
    with pytest.raises(ClockRefused, match="ndxp_clock = manual"):
        sandbox.clock.advance("3 working days")


def test_a_sandbox_that_was_closed_has_no_token_any_more(exchange: RunningExchange) -> None:
    with Sandbox(exchange) as sandbox:
        tokens, url = sandbox.tokens, f"{exchange.control_url}/oauth2/token"
        secret = json.loads(sandbox.credentials.read_text(encoding="utf-8"))[tokens.client]
    with suppress(httpx.HTTPError):
        answer = httpx.post(url, auth=(tokens.client, secret), data={"grant_type": "client_credentials"})
        assert answer.status_code == 401
