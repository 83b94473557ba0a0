"""Sample calls to the health insurer."""

from typing import Any

from google.protobuf.message import Message

from ndxp.health_insurance.v1 import health_insurance_pb2 as pb
from ndxp.identifiers import member_code
from ndxp.samples.sample import Demo, Sample, Turn, true_claim

_METHODS = pb.DESCRIPTOR.services_by_name["HealthInsuranceService"].methods_by_name


def _get_card(turn: Turn) -> list[Message]:
    claim = true_claim(turn.citizen, turn.number)
    return [pb.GetCardRequest(number=claim.pop("citizen_number"), **claim)]


def _check_in(turn: Turn) -> list[Message]:
    facility = member_code(turn.client)
    return [pb.CheckInRequest(facility=facility, **true_claim(turn.citizen))]


def _is_admitted(answer: Any) -> bool:
    return bool(answer.admitted)


_CHECK_IN = Sample(name="check-in", method=_METHODS["CheckIn"], make=_check_in, yes=_is_admitted)

SAMPLES = (Sample(name="get-card", method=_METHODS["GetCard"], make=_get_card), _CHECK_IN)

DEMO = Demo(
    title="CheckIn, by hospitals",
    progress="Check-ins at hospitals",
    provider="VN/GOV/G24/health-insurance",
    callers=("provinces/hospital",),
    calls=200,
    parts=((_CHECK_IN, 1),),
    onward=("ndxp.population.v1.PopulationService/GetCitizen", "nested, by the insurer"),
)
