"""Driving licences: look-up, the citizen's list, verification of holders, withdrawal for some months."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ndxp import clock
from ndxp.driving_licences.v1 import driving_licences_pb2 as pb
from ndxp.driving_licences.v1.driving_licences_pb2_grpc import DrivingLicenceServiceStub
from ndxp.errors import Code
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.world import REFERENCE_DATE, Citizen, World
from ndxp.world.registers.licences import Licence, LicenceClass, Licences
from tests.services.conftest import KEEPER, SECRETS, open_town
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]
A1, B2 = LicenceClass.A1, LicenceClass.B2
NOBODYS = "990120000000"


@pytest.fixture
async def town(world: World, control: TokenOffice, tmp_path: Path, clock_file: Path) -> AsyncIterator["Town"]:
    async with open_town(world, control, tmp_path, ["driving_licences"], clock_file=clock_file) as town:
        yield town


@pytest.fixture
def police(town: "Town") -> DrivingLicenceServiceStub:
    return DrivingLicenceServiceStub(town.channel(KEEPER))


@pytest.fixture(scope="module")
def driver(world: World) -> Citizen:
    """Who may drive with A1 and B2, whom the register knows by the right name."""
    return next(
        citizen
        for citizen in world.sample(5000, seed=1)
        if (licence := world.entry(Licences, citizen.number))
        and licence.name == citizen.full_name
        and [held.licence_class for held in licence.classes] == [A1, B2]
        and not expired(licence)
    )


@pytest.fixture
def licence(world: World, driver: Citizen) -> Licence:
    licence = world.entry(Licences, driver.number)
    assert licence
    return licence


@pytest.fixture
def verification(driver: Citizen, licence: Licence) -> Callable[..., pb.VerifyLicenceRequest]:
    def verification(**different: Any) -> pb.VerifyLicenceRequest:
        return pb.VerifyLicenceRequest(**{**claim(driver, licence), **different})

    return verification


@pytest.fixture
def withdrawal(licence: Licence, request_id: RequestId) -> Callable[..., pb.WithdrawLicenceRequest]:
    def withdrawal(**different: Any) -> pb.WithdrawLicenceRequest:
        fields = {
            "request_id": request_id(), "licence_number": licence.number, "reason": "Vượt đèn đỏ", "months": 2,
        }  # fmt: skip
        return pb.WithdrawLicenceRequest(**{**fields, **different})

    return withdrawal


Verification = Callable[..., pb.VerifyLicenceRequest]
Withdrawal = Callable[..., pb.WithdrawLicenceRequest]


def claim(citizen: Citizen, licence: Licence) -> dict[str, str]:
    return {
        "licence_number": licence.number, "citizen_number": citizen.number, "full_name": citizen.full_name,
        "birth_date": str(citizen.birth_date),
    }  # fmt: skip


def expired(licence: Licence) -> bool:
    return any(held.expires and held.expires < REFERENCE_DATE for held in licence.classes)


def answer(*differing: str, valid: bool = False) -> pb.VerifyLicenceResponse:
    return pb.VerifyLicenceResponse(matched=not differing, valid=valid, differing_fields=differing)


async def state(police: DrivingLicenceServiceStub, licence: Licence) -> str:
    found = await police.GetLicence(pb.GetLicenceRequest(licence_number=licence.number))
    return pb.LicenceState.Name(found.licence.state)


async def test_a_licence_is_found_by_its_number_with_its_classes(
    town: "Town", police: DrivingLicenceServiceStub, driver: Citizen, licence: Licence
) -> None:
    found = (await police.GetLicence(pb.GetLicenceRequest(licence_number=licence.number))).licence
    assert (found.licence_number, found.citizen_number, found.full_name) == (
        licence.number, driver.number, driver.full_name,
    )  # fmt: skip
    assert (found.birth_date, found.issuer, found.state) == (
        str(driver.birth_date), licence.issuer, pb.LICENCE_STATE_VALID,
    )  # fmt: skip
    a1, b2 = found.classes
    assert (a1.licence_class, a1.issued_on, a1.expires_on) == (A1, str(licence.classes[0].issued), "")
    assert (b2.licence_class, b2.expires_on) == (B2, str(licence.classes[1].expires))
    assert town.gateway.forwarded[-1].subjects == subject_hash(SECRETS[SUBJECTS].encode(), driver.number)


@pytest.mark.parametrize("number", ["", "12345678901", "12345678901a", "٣23456789012"])
async def test_what_is_no_licence_number_is_refused(
    police: DrivingLicenceServiceStub, failure_of: "FailureOf", number: str
) -> None:
    failure = await failure_of(police.GetLicence(pb.GetLicenceRequest(licence_number=number)))
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "LICENCE_NUMBER_MALFORMED")
    assert failure.field == "licence_number"


async def test_a_number_that_nobody_has_is_not_found_and_about_nobody(
    town: "Town", police: DrivingLicenceServiceStub, failure_of: "FailureOf"
) -> None:
    failure = await failure_of(police.GetLicence(pb.GetLicenceRequest(licence_number=NOBODYS)))
    assert (failure.code, failure.reason, failure.field) == (Code.NOT_FOUND, "LICENCE_UNKNOWN", "licence_number")
    assert town.gateway.forwarded[-1].subjects == ""


async def test_a_citizen_has_a_list_of_licences_which_may_be_empty(
    town: "Town", world: World, police: DrivingLicenceServiceStub, driver: Citizen, licence: Licence
) -> None:
    without = next(citizen for citizen in world.sample(100) if not world.entry(Licences, citizen.number))
    for citizen, numbers in ((driver, [licence.number]), (without, [])):
        listed = await police.ListLicences(pb.ListLicencesRequest(citizen_number=citizen.number))
        assert [each.licence_number for each in listed.licences] == numbers
        assert town.gateway.forwarded[-1].subjects == subject_hash(SECRETS[SUBJECTS].encode(), citizen.number)


@pytest.mark.parametrize(("wanted", "valid"), [("UNSPECIFIED", True), ("A1", True), ("B2", True), ("C", False)])
async def test_a_holder_matches_and_the_licence_is_valid_for_its_classes(
    police: DrivingLicenceServiceStub, verification: Verification, wanted: str, valid: bool
) -> None:
    request = verification(licence_class=f"LICENCE_CLASS_{wanted}")
    assert await police.VerifyLicence(request) == answer(valid=valid)


async def test_a_class_that_has_expired_is_not_valid_and_the_others_are(
    police: DrivingLicenceServiceStub, world: World, verification: Verification
) -> None:
    citizen, licence = next(
        (citizen, licence)
        for citizen in world.sample(20_000, seed=2)
        if (licence := world.entry(Licences, citizen.number))
        and licence.name == citizen.full_name
        and [held.licence_class for held in licence.classes] == [A1, B2]
        and expired(licence)
    )
    for wanted, valid in (("A1", True), ("B2", False)):
        request = verification(**claim(citizen, licence), licence_class=f"LICENCE_CLASS_{wanted}")
        assert await police.VerifyLicence(request) == answer(valid=valid)


async def test_a_verification_says_what_differs(
    police: DrivingLicenceServiceStub, world: World, verification: Verification
) -> None:
    for different, fields in (
        ({"full_name": "Ai Khác"}, ["full_name"]),
        ({"birth_date": "1901"}, ["birth_date"]),
        ({"citizen_number": world.absent_number(1), "full_name": "Ai Khác"}, ["citizen_number", "full_name"]),
        ({"licence_number": NOBODYS}, ["licence_number"]),
    ):
        assert await police.VerifyLicence(verification(**different)) == answer(*fields)


async def test_a_verification_finds_the_names_that_the_register_has_wrong(
    police: DrivingLicenceServiceStub, world: World, verification: Verification
) -> None:
    wrong = (
        (citizen, licence)
        for index in count(0, 101)
        if (licence := world.entry(Licences, world.number(index)))
        and (citizen := world.citizen(licence.citizen_number))
        and licence.name != citizen.full_name
    )
    for (citizen, licence), _ in zip(wrong, range(3), strict=False):
        assert await police.VerifyLicence(verification(**claim(citizen, licence))) == answer("full_name")


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"licence_number": "30"}, "LICENCE_NUMBER_MALFORMED"),
        ({"citizen_number": "1"}, "CITIZEN_NUMBER_MALFORMED"),
        ({"full_name": "-"}, "NAME_MISSING"),
        ({"birth_date": "never"}, "BIRTH_DATE_MALFORMED"),
        ({"licence_class": 99}, "LICENCE_CLASS_UNKNOWN"),
    ],
)
async def test_a_malformed_verification_is_refused(
    police: DrivingLicenceServiceStub, verification: Verification, failure_of: "FailureOf",
    different: dict[str, Any], reason: str,
) -> None:  # fmt: skip
    failure = await failure_of(police.VerifyLicence(verification(**different)))
    assert (failure.code, failure.reason, failure.field) == (Code.INVALID_ARGUMENT, reason, *different)


async def test_a_withdrawn_licence_is_not_valid_until_its_last_day_is_over(
    police: DrivingLicenceServiceStub, licence: Licence, withdrawal: Withdrawal, verification: Verification,
    clock_file: Path,
) -> None:  # fmt: skip
    request = withdrawal(months=2)
    withdrawn = await police.WithdrawLicence(request)
    assert withdrawn.licence.state == pb.LICENCE_STATE_WITHDRAWN
    assert (withdrawn.licence.withdrawal.reason, withdrawn.licence.withdrawal.last_day) == ("Vượt đèn đỏ", "2023-09-02")
    assert withdrawn.licence.withdrawal.withdrawn_at.ToDatetime(clock.VIETNAM) == clock.FIRST_MOMENT
    assert await police.WithdrawLicence(request) == withdrawn
    assert await police.VerifyLicence(verification()) == answer()
    last_day = clock.FIRST_MOMENT.replace(month=9, day=2, hour=23)
    clock.move(clock_file, last_day)
    assert await state(police, licence) == "LICENCE_STATE_WITHDRAWN"
    clock.move(clock_file, last_day + timedelta(hours=1))
    assert await state(police, licence) == "LICENCE_STATE_VALID"
    assert await police.VerifyLicence(verification()) == answer(valid=True)


async def test_a_withdrawal_ends_early_and_the_licence_can_be_withdrawn_again(
    police: DrivingLicenceServiceStub, withdrawal: Withdrawal, licence: Licence, request_id: RequestId,
    failure_of: "FailureOf",
) -> None:  # fmt: skip
    await police.WithdrawLicence(withdrawal())
    failure = await failure_of(police.WithdrawLicence(withdrawal()))
    assert (failure.code, failure.reason) == (Code.FAILED_PRECONDITION, "ALREADY_WITHDRAWN")
    request = pb.EndWithdrawalRequest(request_id=request_id(), licence_number=licence.number)
    ended = await police.EndWithdrawal(request)
    assert ended.licence.state == pb.LICENCE_STATE_VALID
    assert not ended.licence.HasField("withdrawal")
    assert await police.EndWithdrawal(request) == ended
    again = await police.WithdrawLicence(withdrawal(months=24))
    assert again.licence.withdrawal.last_day == "2025-07-02"


async def test_a_withdrawal_that_is_over_or_never_was_is_not_ended(
    police: DrivingLicenceServiceStub, withdrawal: Withdrawal, licence: Licence, request_id: RequestId,
    failure_of: "FailureOf", clock_file: Path,
) -> None:  # fmt: skip
    async def refused() -> tuple[Code, str, str]:
        request = pb.EndWithdrawalRequest(request_id=request_id(), licence_number=licence.number)
        failure = await failure_of(police.EndWithdrawal(request))
        return failure.code, failure.reason, failure.field

    assert await refused() == (Code.FAILED_PRECONDITION, "NOT_WITHDRAWN", "licence_number")
    await police.WithdrawLicence(withdrawal())
    clock.move(clock_file, clock.FIRST_MOMENT + timedelta(days=62))
    assert await refused() == (Code.FAILED_PRECONDITION, "NOT_WITHDRAWN", "licence_number")


@pytest.mark.parametrize(
    ("different", "code", "reason"),
    [
        ({"request_id": ""}, Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING"),
        ({"licence_number": "30"}, Code.INVALID_ARGUMENT, "LICENCE_NUMBER_MALFORMED"),
        ({"licence_number": NOBODYS}, Code.NOT_FOUND, "LICENCE_UNKNOWN"),
        ({"reason": " "}, Code.INVALID_ARGUMENT, "FIELD_MISSING"),
        ({"reason": "a" * 201}, Code.INVALID_ARGUMENT, "FIELD_MALFORMED"),
        ({"months": 0}, Code.INVALID_ARGUMENT, "MONTHS_OUT_OF_RANGE"),
        ({"months": 25}, Code.INVALID_ARGUMENT, "MONTHS_OUT_OF_RANGE"),
    ],
)
async def test_a_wrong_withdrawal_is_refused_and_nothing_is_stored(
    police: DrivingLicenceServiceStub, licence: Licence, withdrawal: Withdrawal, failure_of: "FailureOf",
    different: dict[str, Any], code: Code, reason: str,
) -> None:  # fmt: skip
    failure = await failure_of(police.WithdrawLicence(withdrawal(**different)))
    assert (failure.code, failure.reason, failure.field) == (code, reason, *different)
    assert await state(police, licence) == "LICENCE_STATE_VALID"


@pytest.mark.parametrize(
    ("different", "code", "reason"),
    [
        ({"request_id": ""}, Code.INVALID_ARGUMENT, "REQUEST_ID_MISSING"),
        ({"licence_number": "30"}, Code.INVALID_ARGUMENT, "LICENCE_NUMBER_MALFORMED"),
        ({"licence_number": NOBODYS}, Code.NOT_FOUND, "LICENCE_UNKNOWN"),
    ],
)
async def test_a_wrong_end_is_refused_and_the_withdrawal_goes_on(
    police: DrivingLicenceServiceStub, licence: Licence, withdrawal: Withdrawal, request_id: RequestId,
    failure_of: "FailureOf", different: dict[str, Any], code: Code, reason: str,
) -> None:  # fmt: skip
    await police.WithdrawLicence(withdrawal())
    right = {"request_id": request_id(), "licence_number": licence.number}
    failure = await failure_of(police.EndWithdrawal(pb.EndWithdrawalRequest(**{**right, **different})))
    assert (failure.code, failure.reason, failure.field) == (code, reason, *different)
    assert await state(police, licence) == "LICENCE_STATE_WITHDRAWN"
