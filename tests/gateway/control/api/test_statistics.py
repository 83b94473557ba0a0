"""The admin API's statistics: what a line of the answer is for."""

import grpc

from ndxp.land.v1.land_pb2 import GetParcelRequest
from ndxp.land.v1.land_pb2_grpc import LandServiceStub
from ndxp.population.v1.population_pb2 import GetCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from tests.support.fakes import until_now

STRANGER = "VN/GOV/G36/stranger"
"""A subsystem that may call neither, and with which no other test calls."""


def test_time_has_one_line_for_all_callers_and_providers_of_a_period(exchange: RunningExchange) -> None:
    added = {"member": "VN/GOV/G36", "subsystems": ["stranger"]}
    exchange.admin.post("members/subsystems", json=added).raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))
    with exchange.connect(STRANGER) as connection:
        for call in (
            PopulationServiceStub(connection.channel).GetCitizen.future(GetCitizenRequest()),
            LandServiceStub(connection.channel).GetParcel.future(GetParcelRequest()),
        ):
            assert call.code() is grpc.StatusCode.PERMISSION_DENIED
    lines = {
        by: exchange.admin.get("statistics", params={"period": "day", "by": by, "member": STRANGER}).json()
        for by in ("time", "period")
    }
    assert len(lines["period"]) == 2
    (line,) = lines["time"]
    assert not line.keys() & {"client", "service"}
    assert (line["count"], line["reasons"]) == (2, {"ACCESS_DENIED": 2})
    assert line["start"] == lines["period"][0]["start"]
