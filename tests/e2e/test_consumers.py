"""Members that only call: the court assistant looks citizens up, hospitals and schools of Hà Nam report."""

from uuid import uuid4

import grpc
import pytest

from ndxp.client import Exchange
from ndxp.operations.v1 import operations_pb2 as operations
from ndxp.operations.v1.operations_pb2_grpc import OperationsServiceStub
from ndxp.population.v1.population_pb2 import GetCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.samples.sample import true_claim
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from ndxp.world import World
from tests.e2e.conftest import transaction, transaction_id_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

COURT = "VN/GOV/G40/court-assistant"


async def test_a_court_gets_the_fields_of_its_grant_for_its_purposes_and_no_others(exchange: RunningExchange) -> None:
    request = GetCitizenRequest(**true_claim(World().persona("traveller").citizen))
    async with Exchange(exchange.gateway, exchange.tokens(COURT)) as member:
        ask = PopulationServiceStub(member.channel).GetCitizen
        account = (metadata.USER_ID, "account-11600")
        call = ask(request, metadata=(account, (metadata.PURPOSE, "court proceedings")))
        citizen = (await call).citizen
        found = transaction(exchange, await transaction_id_of(call))[-1]
        refused = []
        for pairs in ((account,), (account, (metadata.PURPOSE, "curiosity"))):
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await ask(request, metadata=pairs)
            refused.append(status.decode(raised.value).code.name)
    assert citizen.full_name
    assert citizen.permanent_address.province
    assert {citizen.religion, citizen.ethnicity, citizen.old_number} == {""}
    assert not citizen.HasField("spouse")
    assert (found["user_id"], found["purpose"]) == ("account-11600", "court proceedings")
    assert refused == ["PERMISSION_DENIED"] * 2


async def test_hospitals_and_schools_report_to_the_centre_what_each_may(exchange: RunningExchange) -> None:
    async with (
        Exchange(exchange.gateway, exchange.tokens("VN/GOV/H25/hospital")) as hospital,
        Exchange(exchange.gateway, exchange.tokens("VN/GOV/H25/schools")) as schools,
        Exchange(exchange.gateway, exchange.tokens("VN/GOV/H26/hospital")) as elsewhere,
        Exchange(exchange.gateway, exchange.tokens("VN/GOV/H25/operations")) as centre,
    ):

        async def report() -> operations.Figures:
            """A hospital and a school report for the first time; gives the figures of the day, which others add to."""
            admissions = operations.ReportAdmissionsRequest(
                request_id=str(uuid4()), facility=uuid4().hex[:8],
                admissions=operations.Admissions(admitted=20, discharged=18),
            )  # fmt: skip
            attendance = operations.ReportAttendanceRequest(
                request_id=str(uuid4()), facility=uuid4().hex[:8],
                attendance=operations.Attendance(enrolled=300, present=290),
            )  # fmt: skip
            day = (await OperationsServiceStub(hospital.channel).ReportAdmissions(admissions)).day
            await OperationsServiceStub(schools.channel).ReportAttendance(attendance)
            for member in (schools, elsewhere):
                with pytest.raises(grpc.aio.AioRpcError) as raised:
                    await OperationsServiceStub(member.channel).ReportAdmissions(admissions)
                assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED
            request = operations.GetFiguresRequest(since=day, until=day)
            answer: operations.GetFiguresResponse = await OperationsServiceStub(centre.channel).GetFigures(request)
            return answer.days[0]

        first, second = await report(), await report()
    assert second.hospitals - first.hospitals == 1
    assert second.admissions.admitted - first.admissions.admitted == 20
    assert second.schools - first.schools == 1
    assert second.attendance.present - first.attendance.present == 290
