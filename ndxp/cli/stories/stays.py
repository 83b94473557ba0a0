"""The command demo stays: an evening on which lodgings and homes notify their guests, before and after 23:00."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import typer

from ndxp.admin import Session
from ndxp.cli.clock import simulated_clock
from ndxp.cli.stories.telling import Keep, Target, Where, an_exchange
from ndxp.client import BlockingExchange
from ndxp.clock import Clock, moment_of, move
from ndxp.language import _
from ndxp.options import Json
from ndxp.residence.v1 import residence_pb2 as pb
from ndxp.residence.v1.residence_pb2_grpc import ResidenceServiceStub
from ndxp.sandbox.applications import FILER
from ndxp.terminal import console, print_json, styled, table
from ndxp.world import Citizen, World

app = typer.Typer()

LODGING = "VN/COM/9900000048/lodging"
"""A lodging, which notifies its guests in bulk."""

OFFICE = "VN/GOV/G22/operations"
"""Who may count the stays of a night."""

_GUESTS = 50
_EVENING, _LATE = time(21, 30), time(23, 30)
_DEADLINE = 10.0
_PLACE = pb.Address(province="001", ward="Phường Hàng Bạc", detail="12 Hàng Bạc")


@app.command()
def stays(folder: Where = None, target: Target = "", keep: Keep = False, as_json: Json = False) -> None:
    """Notifies the guests of an evening: a lodging in bulk, a host at home, one after 23:00, one for 40 days.

    Stays are due by 23:00 of the day of arrival, by 08:00 of the next day for whoever comes later. With --target it
    takes an exchange that runs by a simulated clock. Exit code 0 only if every stay ended as the rule says.

    Examples: `ndxp demo stays`; `ndxp demo stays --keep`
    """
    with an_exchange(folder, target, keep=keep) as (session, _, _running):
        evening = _Evening(session)
        told = evening.told()
        if as_json:
            print_json(told)
        else:
            _print(told)
        if not told["as_the_rule_says"]:
            raise typer.Exit(1)


class _Evening:
    """The evening's notifications, one after the other; the clock is moved between them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._clock_file = simulated_clock(session.state)
        self._world = World()
        self._today = Clock(self._clock_file).moment()

    def told(self) -> dict[str, Any]:
        """What was notified, when, and what became of it."""
        *guests, traveller, tourist = self._world.sample(_GUESTS + 2, seed=11, alive=True)
        self._go_to(_EVENING)
        lines = self._in_bulk(
            [*(_notice(guest) for guest in guests), _notice(guests[0], until=self._today + timedelta(40))]
        )
        host, relative = self._relatives()
        home = [self._at_home(host, relative) for _ in range(2)]
        self._go_to(_LATE)
        overdue = self._single(_notice(traveller, arrived=datetime.combine(self._today, time(20), self._today.tzinfo)))
        in_time = self._single(_notice(tourist))
        due = moment_of(in_time.stay.due_at.ToMicroseconds())
        night = self._count()
        outcomes = [pb.StayOutcome.Name(line.outcome).removeprefix("STAY_OUTCOME_") for line in lines]
        told = {
            "lodging": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
            "forty_days": {"field": lines[-1].field, "reason": lines[-1].reason},
            "near_relative": [pb.StayOutcome.Name(each.outcome).removeprefix("STAY_OUTCOME_") for each in home],
            "arrived_at_20_notified_at_23_30": {"late": overdue.stay.late},
            "arrived_at_23_30": {
                "late": in_time.stay.late,
                "due": f"{due:%H:%M}",
            },
            "tonight_in_hanoi": night,
        }
        rule = (
            outcomes == ["ACCEPTED"] * _GUESTS + ["REFUSED"]
            and told["near_relative"] == ["ACCEPTED", "ALREADY_NOTIFIED"]
            and (overdue.stay.late, in_time.stay.late) == (True, False)
        )
        return {**told, "as_the_rule_says": rule}

    def _go_to(self, hour: time) -> None:
        """Moves the clock on to an hour of today, or of the day after when that has passed."""
        then = datetime.combine(self._today, hour, self._today.tzinfo)
        if then < Clock(self._clock_file).moment():
            self._today += timedelta(1)
            then += timedelta(1)
        move(self._clock_file, then)

    def _relatives(self) -> tuple[Citizen, Citizen]:
        """A mother and her child."""
        mother = self._world.persona("newborn-mother").citizen
        child = self._world.citizen(self._world.children(mother.number)[0])
        if child is None:
            raise LookupError("the persona has a child")
        return mother, child

    def _in_bulk(self, notices: Sequence[pb.StayNotice]) -> list[pb.NotifyStaysResponse]:
        requests = (pb.NotifyStaysRequest(request_id=str(uuid4()), notice=notice) for notice in notices)
        with self._connected(LODGING) as exchange:
            return list(ResidenceServiceStub(exchange.channel).NotifyStays(requests))

    def _at_home(self, host: Citizen, guest: Citizen) -> pb.NotifyStayResponse:
        return self._single(_notice(guest, host=host))

    def _single(self, notice: pb.StayNotice) -> pb.NotifyStayResponse:
        request = pb.NotifyStayRequest(request_id=str(uuid4()), notice=notice)
        with self._connected(FILER) as exchange:
            answer: pb.NotifyStayResponse = ResidenceServiceStub(exchange.channel).NotifyStay(request)
        return answer

    def _count(self) -> int:
        """Stays of tonight in Hà Nội."""
        with self._connected(OFFICE) as exchange:
            request = pb.CountStaysRequest(night=f"{self._today:%Y-%m-%d}")
            counted = ResidenceServiceStub(exchange.channel).CountStays(request)
        return sum(each.stays for each in counted.provinces if each.province == _PLACE.province)

    def _connected(self, member: str) -> BlockingExchange:
        return BlockingExchange(self._session.state.gateway, self._session.tokens(member), deadline=_DEADLINE)


def _notice(
    guest: Citizen,
    *,
    until: date | None = None,
    host: Citizen | None = None,
    arrived: datetime | None = None,
) -> pb.StayNotice:
    notice = pb.StayNotice(
        full_name=guest.full_name, identity_number=guest.number, reason="du lịch", address=_PLACE,
        host_number=host.number if host else "",
    )  # fmt: skip
    if arrived is not None:
        notice.arrived_at.FromDatetime(arrived)
    if until is not None:
        notice.leaving_on = f"{until:%Y-%m-%d}"
    return notice


def _print(told: dict[str, Any]) -> None:
    console.print(styled(_("[bold]An evening of stays.[/] Every person in it is synthetic.\n")))
    forty = told["forty_days"]
    first, again = told["near_relative"]
    late, next_day = told["arrived_at_20_notified_at_23_30"], told["arrived_at_23_30"]
    rows = [
        (
            "21:30",
            _("a lodging, {guests} guests in one stream", guests=_GUESTS),
            _("{number} accepted", number=told["lodging"].get("ACCEPTED", 0)),
        ),
        (
            "21:30",
            _("the same lodging, a guest for 40 days"),
            _("refused: {reason} ({field})", reason=forty["reason"], field=forty["field"]),
        ),
        ("21:30", _("a mother, her child at home"), first.lower().replace("_", " ")),
        ("21:30", _("the same child again"), again.lower().replace("_", " ")),
        ("23:30", _("a guest who came at 20:00"), _("accepted, late") if late["late"] else _("accepted")),
        (
            "23:30",
            _("a guest who came just now"),
            _("accepted, in time: due by {time} of the next day", time=next_day["due"]),
        ),
    ]
    console.print(table(("at", "who is notified", "what became of it"), rows))
    console.print()
    console.print(_("Tonight in Hà Nội: {number} stays.", number=told["tonight_in_hanoi"]))
    console.print(_("Reported: 4,919,882 stays, 4,912,994 of them online."))
