"""Stays of guests: notified by hosts and by lodgings, on time or late, once for near relatives; counted by night."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ndxp.clock import FIRST_MOMENT, VIETNAM, micros_of, move
from ndxp.errors import Code
from ndxp.residence.v1 import residence_pb2 as pb
from ndxp.residence.v1.residence_pb2_grpc import ResidenceServiceStub
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.world import Citizen, World
from ndxp.world.registers.passports import Passports
from services.residence import rules
from tests.services.conftest import MEMBER, OTHER, SECRETS, open_town
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

Notice = Callable[..., pb.StayNotice]
RequestId = Callable[[], str]
ROOM = pb.Address(province="048", district="Hải Châu", ward="Phường Thạch Thang", detail="5 Bạch Đằng")


@pytest.fixture
async def town(world: World, control: TokenOffice, tmp_path: Path, clock_file: Path) -> AsyncIterator["Town"]:
    async with open_town(world, control, tmp_path, ["residence"], clock_file=clock_file) as town:
        yield town


@pytest.fixture
def guest(world: World) -> Citizen:
    return world.persona("traveller").citizen


@pytest.fixture
def notice(guest: Citizen) -> Notice:
    def notice(arrived_at: datetime | None = None, **different: Any) -> pb.StayNotice:
        fields = {
            "full_name": guest.full_name, "identity_number": guest.number, "reason": "du lịch",
            "leaving_on": "2023-07-06", "address": ROOM,
        }  # fmt: skip
        notice = pb.StayNotice(**{**fields, **different})
        if arrived_at:
            notice.arrived_at.FromMicroseconds(micros_of(arrived_at))
        return notice

    return notice


def residence(town: "Town", member: str = MEMBER) -> ResidenceServiceStub:
    return ResidenceServiceStub(town.channel(member))


@pytest.fixture
def notify(town: "Town", request_id: RequestId) -> Callable[..., Any]:
    def notify(notice: pb.StayNotice, member: str = MEMBER) -> Any:
        return residence(town, member).NotifyStay(pb.NotifyStayRequest(request_id=request_id(), notice=notice))

    return notify


async def notify_all(town: "Town", lines: Sequence[pb.NotifyStaysRequest]) -> list[pb.NotifyStaysResponse]:
    return [answer async for answer in residence(town).NotifyStays(iter(lines))]


async def counted(town: "Town", night: str = "") -> dict[str, int]:
    answer = await residence(town).CountStays(pb.CountStaysRequest(night=night))
    return {figure.province: figure.stays for figure in answer.provinces}


def about(*numbers: str) -> str:
    return " ".join(sorted(subject_hash(SECRETS[SUBJECTS].encode(), number) for number in numbers))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2023, 7, day, hour, minute, tzinfo=VIETNAM)


async def test_a_stay_is_accepted_at_once_and_is_about_the_guest(
    town: "Town", guest: Citizen, notice: Notice, notify: Callable[..., Any]
) -> None:
    answer = await notify(notice())
    assert answer.outcome == pb.STAY_OUTCOME_ACCEPTED
    assert answer.stay.notice.arrived_at.ToDatetime(VIETNAM) == FIRST_MOMENT
    assert not answer.stay.late
    assert town.gateway.forwarded[-1].subjects == about(guest.number)
    assert not town.onward_calls()
    assert (await residence(town).GetStay(pb.GetStayRequest(stay_id=answer.stay.stay_id))).stay == answer.stay


@pytest.mark.parametrize(
    ("arrived", "due"),
    [
        (at(3, 8), at(3, 23)),
        (at(3, 23), at(3, 23)),
        (at(3, 23, 1), at(4, 8)),
        (at(4, 0, 30), at(4, 23)),
    ],
)
@pytest.mark.parametrize("late", [False, True])
async def test_a_stay_is_due_at_23_or_at_8_of_the_next_day_and_accepted_late_too(
    clock_file: Path, notice: Notice, notify: Callable[..., Any], arrived: datetime, due: datetime, late: bool
) -> None:
    move(clock_file, due + timedelta(microseconds=late))
    stay = (await notify(notice(arrived))).stay
    assert stay.due_at.ToDatetime(VIETNAM) == due
    assert stay.late is late


async def test_a_guest_may_show_an_old_card_or_a_passport_also_a_foreign_one(
    town: "Town", world: World, notice: Notice, notify: Callable[..., Any]
) -> None:
    passport = world.identifier(Passports, world.persona("traveller").citizen.number)
    old = next(citizen for citizen in world.sample(50) if citizen.old_number)
    for number, subjects in (
        (passport, about(world.persona("traveller").citizen.number)),
        (old.old_number, about(old.number)),
        ("k12345678", ""),
    ):
        stay = (await notify(notice(identity_number=number))).stay
        assert stay.notice.identity_number == str(number).upper()
        assert town.gateway.forwarded[-1].subjects == subjects


async def test_near_relatives_are_notified_once_however_often_they_stay(
    town: "Town", world: World, clock_file: Path, notice: Notice, notify: Callable[..., Any]
) -> None:
    mother = world.persona("newborn-mother").citizen
    child, spouse = world.children(mother.number)[0], world.spouse(mother.number)
    for relative in (child, spouse):
        visit = {"identity_number": relative, "host_number": mother.number}
        first = await notify(notice(**visit))
        again = await notify(notice(**visit, reason="again"))
        assert (first.outcome, again.outcome) == (pb.STAY_OUTCOME_ACCEPTED, pb.STAY_OUTCOME_ALREADY_NOTIFIED)
        assert again.stay == first.stay
        anothers = await notify(notice(**visit), OTHER)
        assert anothers == pb.NotifyStayResponse(outcome=pb.STAY_OUTCOME_ALREADY_NOTIFIED)
    assert await counted(town) == {"048": 2}
    elsewhere = await notify(notice(identity_number=child))
    assert elsewhere.outcome == pb.STAY_OUTCOME_ACCEPTED


async def test_others_are_notified_each_time(
    town: "Town", world: World, guest: Citizen, notice: Notice, notify: Callable[..., Any]
) -> None:
    host = world.persona("newborn-mother").citizen.number
    for _ in range(2):
        assert (await notify(notice(host_number=host))).outcome == pb.STAY_OUTCOME_ACCEPTED
        assert town.gateway.forwarded[-1].subjects == about(guest.number, host)
    assert await counted(town) == {"048": 2}


async def test_a_relative_whose_stay_was_withdrawn_is_notified_anew(
    town: "Town", world: World, notice: Notice, notify: Callable[..., Any], request_id: RequestId
) -> None:
    mother = world.persona("newborn-mother").citizen.number
    visit = notice(identity_number=world.children(mother)[0], host_number=mother)
    stay = (await notify(visit)).stay
    await residence(town).WithdrawStay(pb.WithdrawStayRequest(request_id=request_id(), stay_id=stay.stay_id))
    assert (await notify(visit)).outcome == pb.STAY_OUTCOME_ACCEPTED


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"leaving_on": "2023-08-12"}, "STAY_TOO_LONG", "notice.leaving_on"),
    ({"leaving_on": "2023-08-02"}, "STAY_TOO_LONG", "notice.leaving_on"),
    ({"leaving_on": "2023-07-03"}, "STAY_EMPTY", "notice.leaving_on"),
    ({"leaving_on": "soon"}, "LEAVING_ON_MALFORMED", "notice.leaving_on"),
    ({"arrived_at": FIRST_MOMENT + timedelta(seconds=1)}, "ARRIVAL_IN_FUTURE", "notice.arrived_at"),
    ({"arrived_at": FIRST_MOMENT - timedelta(days=31)}, "ARRIVAL_TOO_LONG_AGO", "notice.arrived_at"),
    ({"full_name": "?"}, "NAME_MISSING", "notice.full_name"),
    ({"identity_number": "1234567890"}, "IDENTITY_NUMBER_MALFORMED", "notice.identity_number"),
    ({"identity_number": "٠" * 12}, "IDENTITY_NUMBER_MALFORMED", "notice.identity_number"),
    ({"reason": ""}, "FIELD_MISSING", "notice.reason"),
    ({"reason": "a" * 201}, "FIELD_MALFORMED", "notice.reason"),
    ({"host_number": "12"}, "CITIZEN_NUMBER_MALFORMED", "notice.host_number"),
    ({"host_number": "074079255028", "identity_number": "074079255028"}, "HOST_IS_GUEST", "notice.host_number"),
    ({"address": pb.Address(province="999", ward="W", detail="1")}, "PROVINCE_UNKNOWN", "notice.address.province"),
    ({"address": pb.Address(province="001", ward="W")}, "FIELD_MISSING", "notice.address.detail"),
]


@pytest.mark.parametrize(("different", "reason", "field"), BAD)
async def test_a_notice_that_is_wrong_is_refused_and_not_stored(
    town: "Town", notice: Notice, notify: Callable[..., Any], failure_of: "FailureOf", different: dict[str, Any],
    reason: str, field: str,
) -> None:  # fmt: skip
    failure = await failure_of(notify(notice(**different)))
    assert (failure.code, failure.reason, failure.field) == (Code.INVALID_ARGUMENT, reason, field)
    assert await counted(town) == {}


async def test_a_stay_of_29_days_is_the_longest(notice: Notice, notify: Callable[..., Any]) -> None:
    assert (await notify(notice(leaving_on="2023-08-01"))).outcome == pb.STAY_OUTCOME_ACCEPTED


async def test_every_line_of_a_stream_has_its_answer_in_order(
    town: "Town", world: World, notice: Notice, request_id: RequestId
) -> None:
    mother = world.persona("newborn-mother").citizen.number
    relative = notice(identity_number=world.spouse(mother), host_number=mother)
    lines = [
        pb.NotifyStaysRequest(request_id=request_id(), notice=line)
        for line in (notice(), notice(leaving_on="2023-08-12"), relative, relative)
    ]
    unnamed = pb.NotifyStaysRequest(notice=notice())
    answers = await notify_all(town, [*lines, unnamed])
    assert [answer.request_id for answer in answers] == [line.request_id for line in [*lines, unnamed]]
    assert [(answer.outcome, answer.reason, answer.field) for answer in answers] == [
        (pb.STAY_OUTCOME_ACCEPTED, "", ""),
        (pb.STAY_OUTCOME_REFUSED, "STAY_TOO_LONG", "notice.leaving_on"),
        (pb.STAY_OUTCOME_ACCEPTED, "", ""),
        (pb.STAY_OUTCOME_ALREADY_NOTIFIED, "", ""),
        (pb.STAY_OUTCOME_REFUSED, "REQUEST_ID_MISSING", "request_id"),
    ]
    assert [bool(answer.problem) for answer in answers] == [False, True, False, False, True]
    assert await notify_all(town, lines) == answers[:4]
    assert await counted(town) == {"048": 2}


async def test_a_stream_is_bounded(
    town: "Town", notice: Notice, request_id: RequestId, failure_of: "FailureOf", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_LINES", 3)
    lines = [pb.NotifyStaysRequest(request_id=request_id(), notice=notice()) for _ in range(4)]
    failure = await failure_of(notify_all(town, lines))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "TOO_MANY_LINES")
    assert await counted(town) == {"048": 3}


async def test_a_stay_is_withdrawn_once_while_it_lasts(
    town: "Town", clock_file: Path, notice: Notice, notify: Callable[..., Any], request_id: RequestId,
    failure_of: "FailureOf",
) -> None:  # fmt: skip
    stay = (await notify(notice())).stay
    request = pb.WithdrawStayRequest(request_id=request_id(), stay_id=stay.stay_id)
    withdrawn = await residence(town).WithdrawStay(request)
    assert withdrawn.stay.withdrawn
    assert await residence(town).WithdrawStay(request) == withdrawn
    assert await counted(town) == {}
    again = pb.WithdrawStayRequest(request_id=request_id(), stay_id=stay.stay_id)
    failure = await failure_of(residence(town).WithdrawStay(again))
    assert (failure.code, failure.reason, failure.field) == (
        Code.FAILED_PRECONDITION, "ALREADY_WITHDRAWN", "stay_id",
    )  # fmt: skip
    over = (await notify(notice())).stay
    move(clock_file, at(6, 0))
    failure = await failure_of(
        residence(town).WithdrawStay(pb.WithdrawStayRequest(request_id=request_id(), stay_id=over.stay_id))
    )
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "STAY_ENDED")
    assert await counted(town, "2023-07-05") == {"048": 1}


async def test_stays_are_counted_by_night_and_province(
    town: "Town", clock_file: Path, notice: Notice, notify: Callable[..., Any], failure_of: "FailureOf"
) -> None:
    await notify(notice())
    await notify(notice(leaving_on=""))
    await notify(notice(address=pb.Address(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc")))
    assert await counted(town) == {"001": 1, "048": 2}
    assert town.gateway.forwarded[-1].subjects == ""
    move(clock_file, at(4, 9))
    assert await counted(town) == {"001": 1, "048": 1}
    assert await counted(town, "2023-07-05") == {"001": 1, "048": 1}
    assert await counted(town, "2023-07-06") == {}
    failure = await failure_of(residence(town).CountStays(pb.CountStaysRequest(night="tonight")))
    assert (failure.code, failure.field) == (Code.INVALID_ARGUMENT, "night")
