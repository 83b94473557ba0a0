"""Sample calls to the new agency, for the load test and the crash drills."""

from google.protobuf.message import Message

from ndxp.samples.sample import Sample, Turn
from new_agency.v1 import new_agency_pb2 as pb

_METHODS = pb.DESCRIPTOR.services_by_name["NewAgencyService"].methods_by_name


def _register_entry(turn: Turn) -> list[Message]:
    return [pb.RegisterEntryRequest(citizen_number=turn.citizen.number, text=f"entry {turn.number}")]


SAMPLES = (
    Sample(
        name="register-new-agency-entry",
        method=_METHODS["RegisterEntry"],
        make=_register_entry,
        drills=1,
    ),
)
