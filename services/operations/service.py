"""OperationsService on the wire: translates, asks the rules, keeps records."""

from datetime import date
from typing import Any

import grpc

from ndxp.agency.database import Database, Transaction
from ndxp.agency.replay import once
from ndxp.clock import Clock
from ndxp.operations.v1 import operations_pb2 as pb
from ndxp.operations.v1.operations_pb2_grpc import OperationsServiceServicer
from services.operations import rules
from services.operations.records import Centre, Kind, Pair, Sum

_Context = grpc.aio.ServicerContext[Any, Any]


class OperationsService(OperationsServiceServicer):
    """The centre's methods."""

    def __init__(self, database: Database, centre: Centre, clock: Clock) -> None:
        self._database = database
        self._centre = centre
        self._clock = clock

    async def ReportAdmissions(self, request: pb.ReportAdmissionsRequest, _: _Context) -> pb.ReportAdmissionsResponse:
        """The patients of a hospital."""
        given = request.admissions

        def report(documents: Transaction) -> pb.ReportAdmissionsResponse:
            figures = rules.read_admissions(given.admitted, given.discharged)
            day = self._store(documents, Kind.ADMISSIONS, request, figures)
            return pb.ReportAdmissionsResponse(day=day.isoformat(), admissions=_admissions(figures))

        return once(self._database, request, pb.ReportAdmissionsResponse, report)

    async def ReportAttendance(self, request: pb.ReportAttendanceRequest, _: _Context) -> pb.ReportAttendanceResponse:
        """The pupils of a school."""
        given = request.attendance

        def report(documents: Transaction) -> pb.ReportAttendanceResponse:
            figures = rules.read_attendance(given.enrolled, given.present)
            day = self._store(documents, Kind.ATTENDANCE, request, figures)
            return pb.ReportAttendanceResponse(day=day.isoformat(), attendance=_attendance(figures))

        return once(self._database, request, pb.ReportAttendanceResponse, report)

    async def GetFigures(self, request: pb.GetFiguresRequest, _: _Context) -> pb.GetFiguresResponse:
        """The sums of each day."""
        days = rules.read_days(request.since, request.until, self._clock.today())
        with self._database.reading() as documents:
            figures = [
                _figures(
                    day,
                    self._centre.sum_of(documents, Kind.ADMISSIONS, day),
                    self._centre.sum_of(documents, Kind.ATTENDANCE, day),
                )
                for day in days
            ]
        return pb.GetFiguresResponse(days=figures)

    def _store(
        self,
        documents: Transaction,
        kind: Kind,
        request: pb.ReportAdmissionsRequest | pb.ReportAttendanceRequest,
        figures: Pair,
    ) -> date:
        """Stores what a facility reports, and gives the day that it is about."""
        facility, today = rules.read_facility(request.facility), self._clock.today()
        day = rules.read_report_day(request.day, today)
        before = self._centre.report(documents, kind, day, facility)
        if report := rules.report(before, figures, correction=request.correction, today=today):
            self._centre.store(documents, kind, day, facility, report, before=before)
        return day


def _figures(day: date, admissions: Sum, attendance: Sum) -> pb.Figures:
    return pb.Figures(
        day=day.isoformat(), hospitals=admissions.facilities, admissions=_admissions(admissions.figures),
        schools=attendance.facilities, attendance=_attendance(attendance.figures),
    )  # fmt: skip


def _admissions(figures: Pair) -> pb.Admissions:
    return pb.Admissions(admitted=figures.first, discharged=figures.second)


def _attendance(figures: Pair) -> pb.Attendance:
    return pb.Attendance(enrolled=figures.first, present=figures.second)
