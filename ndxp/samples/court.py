"""Sample calls of the court assistant, VN/GOV/G40/court-assistant, which looks citizens up."""

from typing import Any

from google.protobuf.message import Message

from ndxp.population.v1 import population_pb2 as pb
from ndxp.samples.sample import Sample, Turn, false_claim, true_claim

_PURPOSE = "court proceedings"
_METHOD = pb.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name["GetCitizen"]


def _known(turn: Turn) -> list[Message]:
    return [pb.GetCitizenRequest(**true_claim(turn.citizen, turn.number))]


def _differing(turn: Turn) -> list[Message]:
    return [pb.GetCitizenRequest(**false_claim(turn.world, turn.citizen, turn.number))]


def _is_found(answer: Any) -> bool:
    return bool(answer.HasField("citizen"))


SAMPLES = (
    Sample(name="court-look-up", method=_METHOD, make=_known, yes=_is_found, expected=True, purpose=_PURPOSE),
    Sample(
        name="court-look-up-differing", method=_METHOD, make=_differing, yes=_is_found, expected=False, purpose=_PURPOSE
    ),
)
