"""Sample calls to the population database, split as reported."""

from typing import Any

from google.protobuf.message import Message

from ndxp.population.v1 import population_pb2 as pb
from ndxp.samples.sample import Demo, Sample, Turn, can_be_mother, false_claim, is_matched, true_claim
from ndxp.world import provinces

MATCHED, DIFFERED = 604_825_046, 409_648_471
"""Requests to the population database until June 2023: those that matched in full, and those with a difference."""

BATCH = 10
"""Questions or changes in one stream."""

_METHODS = pb.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name


def _verify_matched(turn: Turn) -> list[Message]:
    return [pb.VerifyCitizenRequest(**true_claim(turn.citizen, turn.number))]


def _verify_differing(turn: Turn) -> list[Message]:
    return [pb.VerifyCitizenRequest(**false_claim(turn.world, turn.citizen, turn.number))]


def _get_citizen(turn: Turn) -> list[Message]:
    world, citizen, number, _ = turn
    claim = false_claim(world, citizen, number) if number % 5 == 0 else true_claim(citizen, number)
    return [pb.GetCitizenRequest(**claim)]


def _list_household(turn: Turn) -> list[Message]:
    return [pb.ListHouseholdRequest(citizen_number=turn.citizen.number)]


def _batch_verify(turn: Turn) -> list[Message]:
    world, citizen, number, _ = turn
    return [
        pb.BatchVerifyCitizensRequest(
            item_id=str(item),
            **(true_claim(citizen, item) if item % 5 < 3 else false_claim(world, citizen, number * BATCH + item)),
        )
        for item in range(BATCH)
    ]


def _watch_changes(_: Turn) -> list[Message]:
    return [pb.WatchChangesRequest(stop_at_end=True, kinds=[pb.CHANGE_KIND_BIRTH])]


def _new_address(number: int) -> pb.Address:
    towns = provinces()
    return pb.Address(province=towns[number % len(towns)].code, ward="Phường 1", detail=f"Số {number % 1000 + 1}")


def _upload_changes(turn: Turn) -> list[Message]:
    return [
        pb.UploadChangesRequest(citizen_number=turn.citizen.number, current_address=_new_address(turn.number + item))
        for item in range(BATCH)
    ]


def _change_address(turn: Turn) -> list[Message]:
    return [pb.ChangeAddressRequest(citizen_number=turn.citizen.number, current_address=_new_address(turn.number))]


def _register_birth(turn: Turn) -> list[Message]:
    return [
        pb.RegisterBirthRequest(
            surname="Trần", middle_name="Minh", given_name="An", sex=pb.SEX_FEMALE, birth_date="2023-06-15",
            province=turn.citizen.birth_registration.province, mother_number=turn.citizen.number,
        )
    ]  # fmt: skip


def _all_answered(answers: Any) -> bool:
    return len(answers) == BATCH


_MATCHING = Sample(
    name="verify-matched", method=_METHODS["VerifyCitizen"], make=_verify_matched, yes=is_matched, expected=True,
    drills=3,
)  # fmt: skip
_DIFFERING = Sample(
    name="verify-differing", method=_METHODS["VerifyCitizen"], make=_verify_differing, yes=is_matched, expected=False
)

SAMPLES = (
    _MATCHING,
    _DIFFERING,
    Sample(name="get-citizen", method=_METHODS["GetCitizen"], make=_get_citizen, drills=3),
    Sample(name="list-household", method=_METHODS["ListHousehold"], make=_list_household),
    Sample(
        name="batch-verify", method=_METHODS["BatchVerifyCitizens"], make=_batch_verify, yes=_all_answered,
        expected=True, drills=2,
    ),
    Sample(name="watch-changes", method=_METHODS["WatchChanges"], make=_watch_changes),
    Sample(name="upload-changes", method=_METHODS["UploadChanges"], make=_upload_changes),
    Sample(name="change-address", method=_METHODS["ChangeAddress"], make=_change_address, drills=3),
    Sample(name="register-birth", method=_METHODS["RegisterBirth"], make=_register_birth, suits=can_be_mother),
)  # fmt: skip

DEMO = Demo(
    title="VerifyCitizen, by 80 members",
    progress="Verifications, split as reported",
    provider="VN/GOV/G01/population",
    callers=("connected/one-stop", "connected/lgsp", "connected/ekyc"),
    calls=5000,
    parts=((_MATCHING, MATCHED), (_DIFFERING, DIFFERED)),
    alive=False,
)
