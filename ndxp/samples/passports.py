"""Sample calls to the passport department."""

from typing import Any

from google.protobuf.message import Message

from ndxp.passports.v1 import passports_pb2 as pb
from ndxp.samples.sample import Demo, Sample, Turn, true_claim

_METHODS = pb.DESCRIPTOR.services_by_name["PassportService"].methods_by_name


def _submit_application(turn: Turn) -> list[Message]:
    address = str(turn.citizen.current_address)
    return [pb.SubmitApplicationRequest(delivery_address=address, **true_claim(turn.citizen))]


def _is_accepted(answer: Any) -> bool:
    return bool(answer.application.state != pb.APPLICATION_STATE_REFUSED)


_SUBMIT = Sample(
    name="submit-application", method=_METHODS["SubmitApplication"], make=_submit_application, yes=_is_accepted,
    drills=1,
)  # fmt: skip

SAMPLES = (_SUBMIT,)

DEMO = Demo(
    title="SubmitApplication, provinces",
    progress="Passport applications",
    provider="VN/GOV/G01/passports",
    callers=("provinces/one-stop",),
    calls=100,
    parts=((_SUBMIT, 1),),
    onward=("ndxp.population.v1.PopulationService/GetCitizen", "nested, by Immigration"),
)
