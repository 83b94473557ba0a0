"""Sample calls to the residence register."""

from typing import Any

from google.protobuf.message import Message

from ndxp.residence.v1 import residence_pb2 as pb
from ndxp.samples.sample import Sample, Turn, false_claim, true_claim
from ndxp.world import provinces

LINES = 10
"""Guests in one stream."""

_METHODS = pb.DESCRIPTOR.services_by_name["ResidenceService"].methods_by_name
_REASONS = ("du lịch", "công tác", "khám bệnh", "thăm người thân")


def _notice(turn: Turn, number: int) -> pb.StayNotice:
    """The stay of one night that begins now."""
    citizen, towns = turn.citizen, provinces()
    room = pb.Address(province=towns[number % len(towns)].code, ward="Phường 1", detail=f"Phòng {number % 90 + 101}")
    return pb.StayNotice(
        full_name=citizen.full_name, identity_number=citizen.number, reason=_REASONS[number % len(_REASONS)],
        address=room,
    )  # fmt: skip


def _notify_stay(turn: Turn) -> list[Message]:
    return [pb.NotifyStayRequest(notice=_notice(turn, turn.number))]


def _notify_stays(turn: Turn) -> list[Message]:
    return [pb.NotifyStaysRequest(notice=_notice(turn, turn.number * LINES + line)) for line in range(LINES)]


def _notify_long_stay(turn: Turn) -> list[Message]:
    """A stay that has the form of a temporary residence."""
    notice = _notice(turn, turn.number)
    notice.leaving_on = "2099-01-01"
    return [pb.NotifyStaysRequest(notice=notice)]


def _confirm(turn: Turn) -> list[Message]:
    return [pb.ConfirmResidenceRequest(**true_claim(turn.citizen, turn.number))]


def _confirm_differing(turn: Turn) -> list[Message]:
    return [pb.ConfirmResidenceRequest(**false_claim(turn.world, turn.citizen, turn.number))]


def _register_temporary(turn: Turn) -> list[Message]:
    address = turn.citizen.current_address
    return [
        pb.RegisterResidenceRequest(
            dossier_code=f"SAMPLE-{turn.number}", kind=pb.RESIDENCE_KIND_TEMPORARY,
            address=pb.Address(province=address.province, ward=address.ward, detail=f"Số {turn.number % 1000 + 1}"),
            **true_claim(turn.citizen),
        )
    ]  # fmt: skip


def _is_accepted(answer: Any) -> bool:
    return bool(answer.outcome == pb.STAY_OUTCOME_ACCEPTED)


def _all_accepted(answers: Any) -> bool:
    return len(answers) == LINES and all(map(_is_accepted, answers))


def _any_accepted(answers: Any) -> bool:
    return any(map(_is_accepted, answers))


def _has_book(answer: Any) -> bool:
    return bool(answer.HasField("book"))


SAMPLES = (
    Sample(
        name="notify-stay", method=_METHODS["NotifyStay"], make=_notify_stay, yes=_is_accepted, expected=True, drills=1
    ),
    Sample(
        name="notify-stays", method=_METHODS["NotifyStays"], make=_notify_stays, yes=_all_accepted, expected=True
    ),
    Sample(
        name="notify-long-stay", method=_METHODS["NotifyStays"], make=_notify_long_stay, yes=_any_accepted,
        expected=False,
    ),
    Sample(name="confirm-residence", method=_METHODS["ConfirmResidence"], make=_confirm, yes=_has_book),
    Sample(
        name="confirm-residence-differing", method=_METHODS["ConfirmResidence"], make=_confirm_differing,
        yes=_has_book, expected=False,
    ),
    Sample(name="register-temporary", method=_METHODS["RegisterResidence"], make=_register_temporary),
)  # fmt: skip
