"""Sample calls to the operations centre of Hà Nam, by VN/GOV/H25/hospital, VN/GOV/H25/schools, VN/GOV/H25/operations.

A facility reports the same figures each time: a day has one report of it, however often a load test sends it.
"""

from google.protobuf.message import Message

from ndxp.operations.v1 import operations_pb2 as pb
from ndxp.samples.sample import Sample, Turn

_METHODS = pb.DESCRIPTOR.services_by_name["OperationsService"].methods_by_name
_HOSPITALS, _SCHOOLS = 20, 400
"""How many facilities report; invented."""


def _admissions(turn: Turn) -> list[Message]:
    place = turn.number % _HOSPITALS
    figures = pb.Admissions(admitted=20 + 7 * place, discharged=18 + 7 * place)
    return [pb.ReportAdmissionsRequest(facility=f"35{place:03d}", admissions=figures)]


def _attendance(turn: Turn) -> list[Message]:
    place = turn.number % _SCHOOLS
    figures = pb.Attendance(enrolled=300 + place, present=290 + place)
    return [pb.ReportAttendanceRequest(facility=f"HN-{place:03d}", attendance=figures)]


def _figures(_: Turn) -> list[Message]:
    return [pb.GetFiguresRequest()]


SAMPLES = (
    Sample(name="report-admissions", method=_METHODS["ReportAdmissions"], make=_admissions),
    Sample(name="report-attendance", method=_METHODS["ReportAttendance"], make=_attendance),
    Sample(name="get-figures", method=_METHODS["GetFigures"], make=_figures),
)
