"""Daily reports of hospitals and schools, corrections, and the figures of the province."""

from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ndxp import clock
from ndxp.errors import Code
from ndxp.operations.v1 import operations_pb2 as pb
from ndxp.operations.v1.operations_pb2_grpc import OperationsServiceStub
from ndxp.world import World
from tests.services.conftest import SECRETS, open_town
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

HOSPITAL = "VN/GOV/H25/hospital"
TODAY, TOMORROW = "2023-07-03", date(2023, 7, 4)
"""A simulated clock begins on this day."""

Report = Callable[..., Any]


@pytest.fixture
async def town(
    world: World, control: TokenOffice, tmp_path: Path, clock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["Town"]:
    monkeypatch.setitem(SECRETS, HOSPITAL, "secret of the hospitals")
    async with open_town(world, control, tmp_path, ["operations"], clock_file=clock_file) as town:
        yield town


@pytest.fixture
def centre(town: "Town") -> OperationsServiceStub:
    return OperationsServiceStub(town.channel(HOSPITAL))


@pytest.fixture
def admissions(centre: OperationsServiceStub, request_id: Callable[[], str]) -> Report:
    def admissions(admitted: int, discharged: int, **different: Any) -> Any:
        figures = pb.Admissions(admitted=admitted, discharged=discharged)
        fields = {"request_id": request_id(), "facility": "35001", "admissions": figures, **different}
        return centre.ReportAdmissions(pb.ReportAdmissionsRequest(**fields))

    return admissions


@pytest.fixture
def attendance(centre: OperationsServiceStub, request_id: Callable[[], str]) -> Report:
    def attendance(enrolled: int, present: int, **different: Any) -> Any:
        figures = pb.Attendance(enrolled=enrolled, present=present)
        fields = {"request_id": request_id(), "facility": "HN-001", "attendance": figures, **different}
        return centre.ReportAttendance(pb.ReportAttendanceRequest(**fields))

    return attendance


async def figures(centre: OperationsServiceStub, since: str = "", until: str = "") -> list[pb.Figures]:
    answer = await centre.GetFigures(pb.GetFiguresRequest(since=since, until=until))
    return list(answer.days)


async def test_the_figures_of_a_day_add_up_what_its_facilities_reported(
    centre: OperationsServiceStub, admissions: Report, attendance: Report
) -> None:
    first = await admissions(20, 18)
    assert (first.day, first.admissions) == (TODAY, pb.Admissions(admitted=20, discharged=18))
    await admissions(5, 6, facility="35002")
    await admissions(1, 2, day="2023-07-01")
    await attendance(300, 290)
    await attendance(200, 200, facility="HN-002")
    assert await figures(centre, "2023-07-01") == [
        pb.Figures(day="2023-07-01", hospitals=1, admissions=pb.Admissions(admitted=1, discharged=2), attendance={}),
        pb.Figures(day="2023-07-02", admissions={}, attendance={}),
        pb.Figures(
            day=TODAY, hospitals=2, admissions=pb.Admissions(admitted=25, discharged=24), schools=2,
            attendance=pb.Attendance(enrolled=500, present=490),
        ),
    ]  # fmt: skip


async def test_a_facility_reports_once_for_a_day_and_the_same_figures_change_nothing(
    centre: OperationsServiceStub, admissions: Report, failure_of: "FailureOf"
) -> None:
    first = await admissions(20, 18)
    assert await admissions(20, 18) == first
    failure = await failure_of(admissions(21, 18))
    assert (failure.code, failure.reason) == (Code.ALREADY_EXISTS, "REPORTED_BEFORE")
    [day] = await figures(centre)
    assert (day.hospitals, day.admissions.admitted) == (1, 20)


async def test_a_correction_takes_the_place_of_the_report_on_the_same_day(
    centre: OperationsServiceStub, attendance: Report, failure_of: "FailureOf", clock_file: Path
) -> None:
    failure = await failure_of(attendance(300, 290, correction=True))
    assert (failure.code, failure.reason) == (Code.NOT_FOUND, "REPORT_UNKNOWN")
    await attendance(300, 290)
    corrected = await attendance(300, 280, correction=True)
    assert corrected.attendance.present == 280
    clock.move(clock_file, datetime.combine(TOMORROW, time(8), clock.VIETNAM))
    failure = await failure_of(attendance(300, 299, day=TODAY, correction=True))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "CORRECTION_LATE")
    [day] = await figures(centre, TODAY, TODAY)
    assert (day.schools, day.attendance) == (1, pb.Attendance(enrolled=300, present=280))


async def test_a_report_of_the_day_before_can_be_corrected_on_the_day_on_which_it_was_made(
    centre: OperationsServiceStub, admissions: Report
) -> None:
    await admissions(1, 1, day="2023-07-02")
    await admissions(2, 1, day="2023-07-02", correction=True)
    [day] = await figures(centre, "2023-07-02", "2023-07-02")
    assert day.admissions.admitted == 2


async def test_the_same_request_again_gets_the_first_answer(
    centre: OperationsServiceStub, admissions: Report, failure_of: "FailureOf"
) -> None:
    first = await admissions(20, 18, request_id="same")
    await admissions(30, 18, correction=True)
    assert await admissions(20, 18, request_id="same") == first
    failure = await failure_of(admissions(40, 18, request_id="same"))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED")
    [day] = await figures(centre)
    assert day.admissions.admitted == 30


async def test_a_report_that_cannot_be_taken_names_its_field_and_stores_nothing(
    centre: OperationsServiceStub, admissions: Report, attendance: Report, failure_of: "FailureOf"
) -> None:
    for call, reason, field in (
        (admissions(1, 1, facility=" "), "FIELD_MISSING", "facility"),
        (admissions(1, 1, facility="a" * 21), "FIELD_MALFORMED", "facility"),
        (admissions(-1, 1), "COUNT_OUT_OF_RANGE", "admissions.admitted"),
        (admissions(1, 100_001), "COUNT_OUT_OF_RANGE", "admissions.discharged"),
        (admissions(1, 1, day="2023-07-04"), "DAY_OUT_OF_RANGE", "day"),
        (admissions(1, 1, day="2023-06-25"), "DAY_OUT_OF_RANGE", "day"),
        (admissions(1, 1, day="yesterday"), "DAY_MALFORMED", "day"),
        (admissions(1, 1, request_id=""), "REQUEST_ID_MISSING", "request_id"),
        (attendance(10, 11), "PRESENT_TOO_MANY", "attendance.present"),
        (attendance(-1, -1), "COUNT_OUT_OF_RANGE", "attendance.enrolled"),
        (attendance(1, 1, request_id=""), "REQUEST_ID_MISSING", "request_id"),
        (figures(centre, "2023-07-04"), "DAYS_OUT_OF_RANGE", "until"),
        (figures(centre, "2023-06-02", "2023-07-03"), "DAYS_OUT_OF_RANGE", "until"),
        (figures(centre, "never"), "SINCE_MALFORMED", "since"),
    ):
        failure = await failure_of(call)
        assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, reason)
        assert field in failure.message
    assert {(day.hospitals, day.schools) for day in await figures(centre, "2023-06-25")} == {(0, 0)}
