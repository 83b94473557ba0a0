"""Residence: registrations and removals that are decided later, the household book."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from ndxp.clock import VIETNAM, micros_of, move
from ndxp.errors import Code
from ndxp.population.v1 import population_pb2 as population
from ndxp.residence.v1 import residence_pb2 as pb
from ndxp.residence.v1.residence_pb2_grpc import ResidenceServiceStub
from ndxp.subject import SUBJECTS, subject_hash
from ndxp.wire import metadata
from ndxp.world import Citizen, World
from tests.services.conftest import CIVIL_STATUS, KEEPER, MEMBER, OTHER, SECRETS, open_town
from tests.support.fakes import TokenOffice, until

if TYPE_CHECKING:
    from tests.services.conftest import FailureOf, Town

RequestId = Callable[[], str]
DECIDED = datetime(2023, 7, 4, 13, 30, tzinfo=VIETNAM)
"""Twelve working hours after the first moment of a clock by hand."""

pytestmark = pytest.mark.usefixtures("quick_jobs")


@pytest.fixture
async def town(world: World, control: TokenOffice, tmp_path: Path, clock_file: Path) -> AsyncIterator["Town"]:
    async with open_town(world, control, tmp_path, ["population", "residence"], clock_file=clock_file) as town:
        yield town


def residence(town: "Town", member: str = MEMBER) -> ResidenceServiceStub:
    return ResidenceServiceStub(town.channel(member))


@pytest.fixture
def mother(world: World) -> Citizen:
    return world.persona("newborn-mother").citizen


@pytest.fixture
def citizen(world: World) -> Citizen:
    return world.persona("migrant").citizen


def of(citizen: Citizen) -> dict[str, str]:
    return {
        "citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
    }  # fmt: skip


@pytest.fixture
def registration(citizen: Citizen, mother: Citizen, request_id: RequestId) -> Callable[..., Any]:
    """The citizen joins the mother's household."""

    def registration(**different: Any) -> pb.RegisterResidenceRequest:
        fields: dict[str, Any] = {
            "request_id": request_id(), "dossier_code": "000.00.01.H26-230703-0001",
            "kind": pb.RESIDENCE_KIND_PERMANENT, "household_member": mother.number, **of(citizen),
        }  # fmt: skip
        return pb.RegisterResidenceRequest(**{**fields, **different})

    return registration


@pytest.fixture
def removal(citizen: Citizen, request_id: RequestId) -> Callable[..., pb.RemoveResidenceRequest]:
    def removal(**different: str) -> pb.RemoveResidenceRequest:
        fields = {"request_id": request_id(), "dossier_code": "000.00.01.H26-230703-0002", **of(citizen)}
        return pb.RemoveResidenceRequest(**{**fields, **different})

    return removal


Registration = Callable[..., pb.RegisterResidenceRequest]
Removal = Callable[..., pb.RemoveResidenceRequest]


async def get(town: "Town", code: str, member: str = MEMBER) -> pb.Filing:
    filing: pb.Filing = (await residence(town, member).GetFiling(pb.GetFilingRequest(code=code))).filing
    return filing


async def decided(town: "Town", clock_file: Path, filing: pb.Filing) -> pb.Filing:
    """The filing after its working hours."""
    move(clock_file, max(DECIDED, filing.due_at.ToDatetime(VIETNAM)))

    async def done() -> pb.Filing | None:
        now = await get(town, filing.code)
        return now if now.state != pb.FILING_STATE_RECEIVED else None

    found: pb.Filing = await until(done)
    return found


async def register(town: "Town", request: pb.RegisterResidenceRequest) -> pb.Filing:
    filing: pb.Filing = (await residence(town).RegisterResidence(request)).filing
    return filing


async def remove(town: "Town", request: pb.RemoveResidenceRequest) -> pb.Filing:
    filing: pb.Filing = (await residence(town).RemoveResidence(request)).filing
    return filing


async def die(town: "Town", citizen: Citizen, request_id: RequestId) -> None:
    await town.population(CIVIL_STATUS).RegisterDeath(
        population.RegisterDeathRequest(
            request_id=request_id(), citizen_number=citizen.number, full_name=citizen.full_name,
            death_date="2023-07-02",
        )
    )  # fmt: skip


def filings_and_jobs(town: "Town") -> tuple[int, int]:
    with town.agencies["residence"].foundation.database.reading() as documents:
        filings = documents._run("SELECT count(*) FROM documents WHERE kind = 'filing'").fetchone()[0]
        return filings, len(documents.due_jobs(2**62, 2**62, limit=100))


async def test_a_newborn_joins_the_mothers_household_after_twelve_working_hours(
    town: "Town", clock_file: Path, mother: Citizen, registration: Registration, request_id: RequestId
) -> None:
    born = population.RegisterBirthRequest(
        request_id=request_id(), surname="Trần", given_name="An", sex=population.SEX_FEMALE,
        birth_date="2023-07-01", province="001", mother_number=mother.number,
    )  # fmt: skip
    child = (await town.population(CIVIL_STATUS).RegisterBirth(born)).citizen
    filing = await register(
        town,
        registration(citizen_number=child.citizen_number, full_name=child.full_name, birth_date=child.birth_date),
    )
    assert filing.state == pb.FILING_STATE_RECEIVED
    assert filing.due_at.ToDatetime(VIETNAM) == datetime(2023, 7, 5, 17, tzinfo=VIETNAM)
    assert not filing.HasField("decided_at")
    with town.agencies["residence"].foundation.database.reading() as documents:
        assert [job.due for job in documents.due_jobs(2**62, 2**62, limit=9)] == [micros_of(DECIDED)]
    done = await decided(town, clock_file, filing)
    assert (done.state, done.reason) == (pb.FILING_STATE_DONE, "")
    assert done.household_number == mother.household_number
    assert done.decided_at.ToDatetime(VIETNAM) >= DECIDED


async def test_a_filing_is_decided_after_a_verification_on_the_same_trace(
    town: "Town", clock_file: Path, registration: Registration
) -> None:
    trace = metadata.new_traceparent()
    answer = await residence(town).RegisterResidence(registration(), metadata=((metadata.TRACEPARENT, trace),))
    assert not town.onward_calls()
    await decided(town, clock_file, answer.filing)
    (onward,) = town.onward_calls()
    assert (onward.client, onward.method) == (
        "VN/GOV/G01/residence", "ndxp.population.v1.PopulationService/GetCitizen",
    )  # fmt: skip
    assert onward.metadata[metadata.TRACEPARENT] == trace
    assert onward.metadata[metadata.MESSAGE_ID] == answer.filing.code
    assert onward.metadata[metadata.PURPOSE] == "residence registration"


async def test_a_filing_waits_for_the_population_database(
    town: "Town", clock_file: Path, registration: Registration
) -> None:
    tried = 0

    async def down(context: Any) -> None:
        nonlocal tried
        tried += 1
        await context.abort(grpc.StatusCode.UNAVAILABLE, "down")

    town.gateway.failing["GetCitizen"] = down
    filing = await register(town, registration())
    move(clock_file, DECIDED)
    await until(lambda: tried > 1)
    assert (await get(town, filing.code)).state == pb.FILING_STATE_RECEIVED
    del town.gateway.failing["GetCitizen"]
    assert (await decided(town, clock_file, filing)).state == pb.FILING_STATE_DONE


async def test_a_registration_that_does_not_hold_is_refused_with_a_reason(
    town: "Town", clock_file: Path, world: World, registration: Registration
) -> None:
    for different, reason in (
        ({"full_name": "Ai Khác"}, "CITIZEN_NOT_MATCHED"),
        ({"household_member": world.absent_number(3)}, "HOUSEHOLD_MEMBER_UNKNOWN"),
    ):
        done = await decided(town, clock_file, await register(town, registration(**different)))
        assert (done.state, done.reason, done.household_number) == (pb.FILING_STATE_REFUSED, reason, "")


async def test_an_own_household_gets_a_new_number_and_its_address_is_in_the_book(
    town: "Town", clock_file: Path, citizen: Citizen, registration: Registration
) -> None:
    address = pb.Address(province="048", ward="Phường Hải Châu", detail="5 Bạch Đằng")
    filing = await register(town, registration(household_member="", address=address))
    done = await decided(town, clock_file, filing)
    assert done.household_number not in ("", citizen.household_number)
    book = (await residence(town).ConfirmResidence(pb.ConfirmResidenceRequest(**of(citizen)))).book
    assert (book.household_number, book.permanent_address) == (done.household_number, address)
    assert (book.household_head.citizen_number, book.relation_to_head) == (citizen.number, "head")
    again = await decided(town, clock_file, await register(town, registration(household_member=citizen.number)))
    assert (again.state, again.reason) == (pb.FILING_STATE_REFUSED, "ALREADY_REGISTERED")


async def test_whoever_joins_a_household_has_its_address_and_its_head_in_the_book(
    town: "Town", clock_file: Path, citizen: Citizen, mother: Citizen, registration: Registration
) -> None:
    await decided(town, clock_file, await register(town, registration()))
    book = (await residence(town).ConfirmResidence(pb.ConfirmResidenceRequest(**of(citizen)))).book
    assert book.household_number == mother.household_number
    assert book.permanent_address.ward == mother.permanent_address.ward
    assert book.household_head.citizen_number == mother.head_of_household.number
    assert book.relation_to_head == ""


async def test_a_temporary_residence_leaves_the_permanent_one(
    town: "Town", clock_file: Path, citizen: Citizen, mother: Citizen, registration: Registration
) -> None:
    done = await decided(town, clock_file, await register(town, registration(kind=pb.RESIDENCE_KIND_TEMPORARY)))
    assert done.household_number == mother.household_number
    answer = await residence(town).ConfirmResidence(pb.ConfirmResidenceRequest(**of(citizen)))
    assert answer.book.household_number == citizen.household_number
    assert answer.temporary_address.ward == mother.permanent_address.ward


async def test_whoever_died_is_removed_once_and_is_in_no_book_then(
    town: "Town",
    clock_file: Path,
    citizen: Citizen,
    removal: Removal,
    registration: Registration,
    request_id: RequestId,
) -> None:
    alive = await decided(town, clock_file, await remove(town, removal()))
    assert (alive.state, alive.reason) == (pb.FILING_STATE_REFUSED, "CITIZEN_NOT_DECEASED")
    await die(town, citizen, request_id)
    done = await decided(town, clock_file, await remove(town, removal()))
    assert (done.state, done.household_number) == (pb.FILING_STATE_DONE, citizen.household_number)
    answer = await residence(town).ConfirmResidence(pb.ConfirmResidenceRequest(**of(citizen)))
    assert answer.removed
    assert not answer.HasField("book")
    again = await decided(town, clock_file, await remove(town, removal()))
    assert (again.state, again.reason) == (pb.FILING_STATE_REFUSED, "ALREADY_REMOVED")
    after = await decided(town, clock_file, await register(town, registration()))
    assert (after.state, after.reason) == (pb.FILING_STATE_REFUSED, "CITIZEN_DECEASED")


async def test_a_repeated_filing_is_one(town: "Town", registration: Registration, removal: Removal) -> None:
    first, second = registration(), removal()
    assert await register(town, first) == await register(town, first)
    assert await remove(town, second) == await remove(town, second)
    assert filings_and_jobs(town) == (2, 2)


HOME = pb.Address(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc")


async def test_a_filing_that_becomes_due_while_the_agency_is_away_is_decided_when_it_is_back(
    world: World, control: TokenOffice, tmp_path: Path, clock_file: Path, registration: Registration
) -> None:
    names = ("population", "residence")
    async with open_town(world, control, tmp_path, names, clock_file=clock_file) as before:
        filing = await register(before, registration())
    move(clock_file, DECIDED)
    async with open_town(world, control, tmp_path, names, clock_file=clock_file) as after:
        assert (await decided(after, clock_file, filing)).state == pb.FILING_STATE_DONE
        assert filings_and_jobs(after) == (1, 0)


@pytest.mark.parametrize(
    ("different", "reason", "field"),
    [
        ({"request_id": ""}, "REQUEST_ID_MISSING", "request_id"),
        ({"dossier_code": " "}, "FIELD_MISSING", "dossier_code"),
        ({"dossier_code": "a" * 65}, "FIELD_MALFORMED", "dossier_code"),
        ({"kind": 0}, "KIND_MISSING", "kind"),
        ({"kind": 7}, "KIND_MISSING", "kind"),
        ({"citizen_number": "1"}, "CITIZEN_NUMBER_MALFORMED", "citizen_number"),
        ({"full_name": "..."}, "NAME_MISSING", "full_name"),
        ({"birth_date": "never"}, "BIRTH_DATE_MALFORMED", "birth_date"),
        ({"household_member": "1"}, "CITIZEN_NUMBER_MALFORMED", "household_member"),
        ({"household_member": ""}, "HOME_MISSING", "household_member"),
        ({"address": HOME}, "HOME_AMBIGUOUS", "household_member"),
        ({"household_member": "", "address": pb.Address()}, "PROVINCE_UNKNOWN", "address.province"),
        ({"household_member": "", "address": pb.Address(province="001")}, "FIELD_MISSING", "address.ward"),
    ],
)
async def test_a_registration_that_is_malformed_is_refused_and_not_stored(
    town: "Town", registration: Registration, failure_of: "FailureOf", different: dict[str, Any], reason: str,
    field: str,
) -> None:  # fmt: skip
    failure = await failure_of(register(town, registration(**different)))
    assert (failure.code, failure.reason, failure.field) == (Code.INVALID_ARGUMENT, reason, field)
    assert filings_and_jobs(town) == (0, 0)


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"request_id": ""}, "request_id"),
        ({"dossier_code": ""}, "dossier_code"),
        ({"citizen_number": "12345678901a"}, "citizen_number"),
        ({"birth_date": "2023-02-30"}, "birth_date"),
    ],
)
async def test_a_removal_that_is_malformed_is_refused_and_not_stored(
    town: "Town", removal: Removal, failure_of: "FailureOf", different: dict[str, str], field: str
) -> None:
    failure = await failure_of(remove(town, removal(**different)))
    assert (failure.code, failure.field) == (Code.INVALID_ARGUMENT, field)
    assert filings_and_jobs(town) == (0, 0)


async def test_a_filing_is_there_for_its_filer_and_its_keeper_only(
    town: "Town", registration: Registration, citizen: Citizen, failure_of: "FailureOf"
) -> None:
    filing = await register(town, registration())
    assert town.gateway.forwarded[-1].subjects == subject_hash(SECRETS[SUBJECTS].encode(), citizen.number)
    assert await get(town, filing.code, KEEPER) == await get(town, filing.code) == filing
    assert town.gateway.forwarded[-1].subjects == subject_hash(SECRETS[SUBJECTS].encode(), citizen.number)
    anothers = await failure_of(get(town, filing.code, OTHER))
    assert town.gateway.forwarded[-1].subjects == ""
    nothing = await failure_of(get(town, filing.code[:-1] + "7", OTHER))
    assert (anothers.code, anothers.reason, anothers.field) == (Code.NOT_FOUND, "FILING_UNKNOWN", "code")
    assert (nothing.code, nothing.reason, nothing.message) == (anothers.code, anothers.reason, anothers.message)


async def test_the_book_has_17_fields_of_the_population_database(town: "Town", citizen: Citizen) -> None:
    answer = await residence(town).ConfirmResidence(pb.ConfirmResidenceRequest(**of(citizen)))
    book, (onward,) = answer.book, town.onward_calls()
    assert len(pb.HouseholdBook.DESCRIPTOR.fields) == 17
    assert {field.name for field in pb.HouseholdBook.DESCRIPTOR.fields} < {
        field.name for field in population.Citizen.DESCRIPTOR.fields
    }
    assert (book.citizen_number, book.full_name, book.household_number) == (
        citizen.number, citizen.full_name, citizen.household_number,
    )  # fmt: skip
    assert (book.household_head.citizen_number, book.relation_to_head) == (
        citizen.head_of_household.number, citizen.relation_to_head,
    )  # fmt: skip
    assert book.permanent_address.ward == citizen.permanent_address.ward
    assert (onward.transaction_id, onward.metadata[metadata.PURPOSE]) == (
        answer.population_transaction_id, "confirmation of residence",
    )  # fmt: skip


async def test_there_is_no_book_where_the_claim_differs(town: "Town", citizen: Citizen) -> None:
    claim = {**of(citizen), "birth_date": str(citizen.birth_date - timedelta(1))}
    answer = await residence(town).ConfirmResidence(pb.ConfirmResidenceRequest(**claim))
    assert not answer.HasField("book")
    assert not answer.removed
