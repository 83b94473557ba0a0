"""What can be applied for about a citizen, and how such a matter stands, asked of whoever works on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import grpc

from console.calls import PASSING, Question, ask, one_line
from console.exchange import Refused, Unanswered
from console.nation import nation
from console.pages.people.questions import province_of, question
from ndxp.clock import Clock, moment_of
from ndxp.life_events.v1 import life_events_pb2
from ndxp.passports.v1 import passports_pb2
from ndxp.residence.v1 import residence_pb2
from ndxp.samples.life_events import ALL_OF_A_DEATH, birth_of, death_of
from ndxp.samples.sample import can_be_mother, true_claim
from ndxp.sandbox import applications
from ndxp.sandbox.applications import FILER
from ndxp.sandbox.state import State
from ndxp.wire import status
from ndxp.world import Citizen
from ndxp.world.registers.participation import Participation

_SURVIVORS = ("traveller", "newborn-mother")
_WITHOUT_ALLOWANCES = (life_events_pb2.PROCEDURE_DEATH_REGISTRATION, life_events_pb2.PROCEDURE_RESIDENCE_REMOVAL)
"""What is applied for after the death of somebody without a pension."""

_LODGING = residence_pb2.Address(province="001", ward="Phường Hàng Bạc", detail="12 Hàng Bạc")
_STATES = {
    life_events_pb2.DOSSIER_STATE_RECEIVED: "dossier.received",
    life_events_pb2.DOSSIER_STATE_SUPPLEMENT: "dossier.supplement",
    life_events_pb2.DOSSIER_STATE_ACCEPTED: "dossier.accepted",
    life_events_pb2.DOSSIER_STATE_DONE: "dossier.done",
    life_events_pb2.DOSSIER_STATE_RETURNED: "dossier.returned",
    life_events_pb2.DOSSIER_STATE_REFUSED: "dossier.refused",
    life_events_pb2.DOSSIER_STATE_SENT_TO_JUSTICE: "dossier.sent",
}
_PASSPORTS = {
    passports_pb2.APPLICATION_STATE_RECEIVED: "passport.received",
    passports_pb2.APPLICATION_STATE_VERIFIED: "passport.verified",
    passports_pb2.APPLICATION_STATE_PRINTED: "passport.printed",
    passports_pb2.APPLICATION_STATE_POSTED: "passport.posted",
    passports_pb2.APPLICATION_STATE_WITHDRAWN: "passport.withdrawn",
    passports_pb2.APPLICATION_STATE_REFUSED: "passport.refused",
}
BAD = frozenset({"dossier.returned", "dossier.refused", "passport.refused", "passport.withdrawn"})
"""The states of matters that have ended badly."""

_ENDED = frozenset({"passport.posted", "passport.withdrawn", "passport.refused", "stay.notified", "stay.late"})


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a matter: when by the nation's clock, who did what, what came of it, and in which transaction."""

    at: datetime
    who: str
    what: str
    result: str = ""
    transaction: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter as it stands: its code, the key of its state, its steps so far, its trace, and whether it has ended."""

    code: str
    state: str
    ended: bool
    steps: tuple[Step, ...]
    trace: str = ""
    note: str = ""


Look = Callable[[State], Matter]
"""Asks how a matter stands now. Raises TokenRefused, Unanswered and Refused."""

Start = Callable[[Citizen, State], Look]
"""Applies for something. Raises as a look does."""


def offered(citizen: Citizen) -> dict[str, Start]:
    """What can be applied for now, by the keys of the buttons."""
    if citizen.deceased:
        return {}
    births: dict[str, Start] = {"events.birth": _birth} if can_be_mother(citizen) else {}
    return births | {"events.death": _death, "events.stay": _stay, "events.passport": _passport}


def _birth(citizen: Citizen, state: State) -> Look:
    return _filed(state, birth_of(citizen, request_id=str(uuid4())))


def _death(citizen: Citizen, state: State) -> Look:
    personas = (nation().persona(key).citizen for key in _SURVIVORS)
    survivor = next(each for each in personas if each.number != citizen.number)
    participant = nation().entry(Participation, citizen.number)
    procedures = ALL_OF_A_DEATH if participant and participant.pension else _WITHOUT_ALLOWANCES
    return _filed(state, death_of(citizen, survivor, procedures, request_id=str(uuid4())))


def _filed(state: State, request: life_events_pb2.SubmitBirthRequest | life_events_pb2.SubmitDeathRequest) -> Look:
    try:
        return dossier(applications.file(state, request))
    except grpc.RpcError as error:
        raise _failed(error) from error


def dossier(code: str) -> Look:
    """Looks at the dossier of a life event, by its code at the linked service or at the one-stop system."""

    def look(now: State) -> Matter:
        try:
            found = applications.fetch(now, code)
        except grpc.RpcError as error:
            raise _failed(error) from error
        steps = tuple(
            Step(moment_of(each.at.ToMicroseconds()), each.subsystem, each.what, each.result, each.transaction_id)
            for each in found.steps
        )
        key, ended = _STATES.get(found.state, "dossier.received"), found.HasField("ended_at")
        return Matter(found.code, key, ended, steps, applications.trace_of(found), found.note)

    return look


def _stay(citizen: Citizen, state: State) -> Look:
    notice = residence_pb2.StayNotice(
        full_name=citizen.full_name, identity_number=citizen.number, reason="du lịch", address=_LODGING
    )
    asked = question(FILER, residence_pb2, "NotifyStay", request_id=str(uuid4()), notice=notice)
    stay, transaction = _called(state, asked)
    steps = (Step(moment_of(stay.stay.notified_at.ToMicroseconds()), FILER, "NotifyStay", "", transaction),)
    key = "stay.late" if stay.stay.late else "stay.notified"
    return lambda _: Matter(stay.stay.stay_id, key, key in _ENDED, steps)


def _passport(citizen: Citizen, state: State) -> Look:
    member = province_of(citizen)
    asked = question(
        member, passports_pb2, "SubmitApplication", "passport",
        request_id=str(uuid4()), delivery_address=str(citizen.current_address), **true_claim(citizen),
    )  # fmt: skip
    submitted, transaction = _called(state, asked)
    code, seen = submitted.application.application_id, dict[int, Step]()

    def look(now: State) -> Matter:
        wanted = question(member, passports_pb2, "GetApplication", "passport", application_id=code)
        found = _called(now, wanted)[0].application
        name = passports_pb2.ApplicationState.Name(found.state)
        verified = found.state == passports_pb2.APPLICATION_STATE_VERIFIED
        done_in = found.verification_transaction_id if verified else "" if seen else transaction
        step = Step(Clock(now.clock_file).moment(), "VN/GOV/G01/passports", name, found.passport_number, done_in)
        seen.setdefault(found.state, step)
        key = _PASSPORTS.get(found.state, "passport.received")
        return Matter(code, key, key in _ENDED, tuple(seen.values()))

    return look


def _called(state: State, asked: Question) -> tuple[Any, str]:
    """The answer of a call, and its transaction. Raises Unanswered and Refused."""
    answer = ask(state, asked)
    if answer.message is None:
        raise Unanswered(answer.failure) if answer.passing else Refused(answer.failure)
    return answer.message, answer.transaction


def _failed(error: grpc.RpcError) -> Refused | Unanswered:
    """The error of a call as one that the page shows, or waits out."""
    failure = status.decode(error)
    return Unanswered(one_line(failure)) if failure.code in PASSING else Refused(one_line(failure))
