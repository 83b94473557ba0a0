"""Whose objects are: every method that takes an id or a token is here with its rule, and keeps to it."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from ndxp.civil_status.v1 import civil_status_pb2 as civil_status
from ndxp.education.v1 import education_pb2 as education
from ndxp.errors import Code
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.population.v1 import population_pb2 as population
from ndxp.residence.v1 import residence_pb2 as residence
from ndxp.social_security.v1 import social_security_pb2 as social_security
from ndxp.wire import metadata, status
from ndxp.world import World
from ndxp.world.registers.candidates import Candidates
from services.population import service as population_service
from tests.services.conftest import KEEPER, MEMBER, OTHER, open_town
from tests.support import agencies
from tests.support.fakes import TokenOffice

if TYPE_CHECKING:
    from tests.services.conftest import Town

PROTOS = Path(__file__).parents[2] / "protos"
NAMES = re.compile(r"(?:^|_)(?:id|token|cursor|number|key|plate|candidate_code)$")
CODES = re.compile(r"(?:^|_)codes?$")
CODED = {"ndxp.civil_status.v1.CivilStatusService", "ndxp.social_security.v1.SocialSecurityService"}
"""Contracts that name their objects by a code; elsewhere the test of the agency has what its codes are."""

OBJECT = "names an object, which exists for its filer and its keeper only"
PLACE = "a token that its caller was given, for this list only"
REQUEST = "the caller's own name for a request; others may have the same"
MATTER = "the caller's own name for its dossier; others may have the same"
PERSON = (
    "a number from life, of a person or a document; grants say who may ask, and of some methods name and birth date"
)
MARK = "given back with the answer"
SECRET = "what those of a payment alone were told; it opens nothing without the company's signature"
PUBLIC = "a place in a list that every member may read"
KEY = "a public key of the caller's own"

_CHANGE = {"request_id": REQUEST, "citizen_number": PERSON}
"""What these two names mean, they mean in every contract; a method that takes nothing else needs no entry below."""


def _people(*roles: str) -> dict[str, str]:
    return {f"{role}.citizen_number": PERSON for role in roles}


_FILING = {"request_id": REQUEST, "dossier_code": MATTER}

_HEADER = {"header.sequence_id": MARK, "header.certificate_number": PERSON, "header.slip_number": PERSON}
"""Of the messages between land registry and tax agency; a slip is there for the two of them only."""

RULES: dict[str, dict[str, str]] = {
    "ndxp.access_log.v1.AccessLogService/ListAccesses": {"page_token": PLACE},
    "ndxp.civil_status.v1.CivilStatusService/SubmitBirth": {**_FILING, **_people("mother", "father")},
    "ndxp.civil_status.v1.CivilStatusService/SubmitDeath": {**_FILING, **_people("deceased")},
    "ndxp.civil_status.v1.CivilStatusService/SubmitMarriage": {**_FILING, **_people("husband", "wife")},
    "ndxp.civil_status.v1.CivilStatusService/GetAnswers": {"codes": OBJECT},
    "ndxp.civil_status.v1.CivilStatusService/SupplementDossier": {
        "request_id": REQUEST, "code": OBJECT, **_people("mother", "father", "deceased", "husband", "wife"),
    },
    "ndxp.civil_status.v1.CivilStatusService/GetCertificate": {"certificate_number": PERSON},
    "ndxp.civil_status.v1.CivilStatusService/AmendCertificate": {
        "request_id": REQUEST, "certificate_number": PERSON,
    },
    "ndxp.social_security.v1.SocialSecurityService/ClaimDeathBenefits": {
        **_FILING, **_people("deceased", "survivor"),
    },
    "ndxp.social_security.v1.SocialSecurityService/GetClaim": {"code": OBJECT},
    "ndxp.social_security.v1.SocialSecurityService/SupplementClaim": {
        "request_id": REQUEST, "code": OBJECT, **_people("deceased", "survivor"),
    },
    "ndxp.social_security.v1.SocialSecurityService/WithdrawClaim": {"request_id": REQUEST, "code": OBJECT},
    "ndxp.driving_licences.v1.DrivingLicenceService/GetLicence": {"licence_number": PERSON},
    "ndxp.driving_licences.v1.DrivingLicenceService/VerifyLicence": {
        "licence_number": PERSON, "citizen_number": PERSON,
    },
    "ndxp.driving_licences.v1.DrivingLicenceService/WithdrawLicence": {
        "request_id": REQUEST, "licence_number": PERSON,
    },
    "ndxp.driving_licences.v1.DrivingLicenceService/EndWithdrawal": {
        "request_id": REQUEST, "licence_number": PERSON,
    },
    "ndxp.education.v1.EducationService/GetCandidate": {"candidate_code": PERSON},
    "ndxp.education.v1.EducationService/GetRegistration": {"registration_id": OBJECT},
    "ndxp.education.v1.EducationService/ChangeWishes": {"request_id": REQUEST, "registration_id": OBJECT},
    "ndxp.education.v1.EducationService/WithdrawRegistration": {"request_id": REQUEST, "registration_id": OBJECT},
    "ndxp.civil_servants.v1.CivilServantService/SynchroniseProfiles": {
        "request_id": REQUEST, "profile.citizen_number": PERSON,
    },
    "ndxp.civil_servants.v1.CivilServantService/RegisterKey": {"request_id": REQUEST, "public_key": KEY},
    "ndxp.civil_servants.v1.CivilServantService/RotateKey": {"request_id": REQUEST, "public_key": KEY},
    "ndxp.exchange.v1.ExchangeService/ListMembers": {"page_token": PUBLIC},
    "ndxp.exchange.v1.ExchangeService/ListServices": {"page_token": PUBLIC},
    "ndxp.health_insurance.v1.HealthInsuranceService/GetCard": {"number": PERSON},
    "ndxp.health_insurance.v1.HealthInsuranceService/CheckIn": _CHANGE,
    "ndxp.health_insurance.v1.HealthInsuranceService/IssueChildCard": _CHANGE,
    "ndxp.health_insurance.v1.HealthInsuranceService/RecordVisit": _CHANGE,
    "ndxp.health_insurance.v1.HealthInsuranceService/ListVisits": {"citizen_number": PERSON, "page_token": PLACE},
    "ndxp.land.v1.LandService/GetParcel": {"certificate_number": PERSON, "owner_number": PERSON},
    "ndxp.land.v1.LandService/SubmitTransfer": {
        "request_id": REQUEST, "certificate_number": PERSON, "seller.citizen_number": PERSON,
        "buyer.citizen_number": PERSON,
    },
    "ndxp.land.v1.LandService/GetScannedDossier": _HEADER,
    "ndxp.passports.v1.PassportService/SubmitApplication": _CHANGE,
    "ndxp.passports.v1.PassportService/GetApplication": {"application_id": OBJECT},
    "ndxp.passports.v1.PassportService/ListApplications": {"citizen_number": PERSON, "page_token": PLACE},
    "ndxp.passports.v1.PassportService/WithdrawApplication": {"request_id": REQUEST, "application_id": OBJECT},
    "ndxp.passports.v1.PassportService/AdvanceApplication": {"request_id": REQUEST, "application_id": OBJECT},
    "ndxp.passports.v1.PassportService/VerifyPassport": {"passport_number": PERSON},
    "ndxp.population.v1.PopulationService/VerifyCitizen": {"citizen_number": PERSON},
    "ndxp.population.v1.PopulationService/GetCitizen": {"citizen_number": PERSON},
    "ndxp.population.v1.PopulationService/ListHousehold": {"citizen_number": PERSON},
    "ndxp.population.v1.PopulationService/BatchVerifyCitizens": {"item_id": MARK, "citizen_number": PERSON},
    "ndxp.population.v1.PopulationService/WatchChanges": {"cursor": PLACE},
    "ndxp.population.v1.PopulationService/UploadChanges": _CHANGE,
    "ndxp.population.v1.PopulationService/RegisterBirth": {
        "request_id": REQUEST, "mother_number": PERSON, "father_number": PERSON,
    },
    "ndxp.population.v1.PopulationService/RegisterDeath": _CHANGE,
    "ndxp.population.v1.PopulationService/ChangeAddress": _CHANGE,
    "ndxp.residence.v1.ResidenceService/GetStay": {"stay_id": OBJECT},
    "ndxp.residence.v1.ResidenceService/WithdrawStay": {"request_id": REQUEST, "stay_id": OBJECT},
    "ndxp.residence.v1.ResidenceService/NotifyStay": {
        "request_id": REQUEST, "notice.identity_number": PERSON, "notice.host_number": PERSON,
    },
    "ndxp.residence.v1.ResidenceService/NotifyStays": {
        "request_id": REQUEST, "notice.identity_number": PERSON, "notice.host_number": PERSON,
    },
    "ndxp.vehicles.v1.VehicleService/GetRegistration": {"plate": PERSON},
    "ndxp.vehicles.v1.VehicleService/VerifyRegistration": {"plate": PERSON, "citizen_number": PERSON},
    "ndxp.vehicles.v1.VehicleService/WithdrawRegistration": {"request_id": REQUEST, "plate": PERSON},
    "ndxp.public_services.v1.PublicServiceService/ListProcedures": {"page_token": PUBLIC},
    "ndxp.public_services.v1.PublicServiceService/SubmitDossier": {
        "request_id": REQUEST, "applicant.citizen_number": PERSON, "birth.mother.citizen_number": PERSON,
        "birth.father.citizen_number": PERSON, "death.death.deceased.citizen_number": PERSON,
        "death.death.survivor.citizen_number": PERSON, "land.certificate_number": PERSON,
        "land.buyer.citizen_number": PERSON,
    },
    "ndxp.public_services.v1.PublicServiceService/ListDossiers": {"citizen_number": PERSON, "page_token": PLACE},
    "ndxp.public_services.v1.PublicServiceService/ConfirmPayment": {"request_id": REQUEST, "redirect_token": SECRET},
    "ndxp.tax.v1.TaxService/SubmitTransferSlip": {
        "request_id": REQUEST, "seller_number": PERSON, "buyer_number": PERSON, **_HEADER,
    },
    "ndxp.tax.v1.TaxService/GetTaxNotice": _HEADER,
    "ndxp.tax.v1.TaxService/GetObligation": {"notice_number": PERSON, **_HEADER},
    "ndxp.tax.v1.TaxService/RecordPayment": {"request_id": REQUEST, "notice_number": PERSON},
}  # fmt: skip


def methods() -> Iterator[MethodDescriptor]:
    """Those of all contracts."""
    for file in sorted(PROTOS.rglob("*.proto")):
        module = import_module(".".join(file.relative_to(PROTOS).with_suffix("").parts) + "_pb2")
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from service.methods


def name_of(method: MethodDescriptor) -> str:
    return f"{method.containing_service.full_name}/{method.name}"


def ids_of(message: Descriptor, *, coded: bool = False, above: tuple[str, ...] = ()) -> Iterator[str]:
    """The ids in a request; ``coded`` counts codes among them."""
    for field in message.fields:
        if field.message_type and field.message_type.full_name not in above:
            inner = ids_of(field.message_type, coded=coded, above=(*above, message.full_name))
            yield from (f"{field.name}.{name}" for name in inner)
        elif NAMES.search(field.name) or (coded and CODES.search(field.name)):
            yield field.name


METHODS = {name_of(method): method for method in methods()}


def ruled(rule: str) -> list[tuple[str, str]]:
    """Methods and their fields with a rule."""
    return [(method, field) for method, fields in RULES.items() for field, its in fields.items() if its == rule]


def test_every_id_that_a_method_takes_has_its_rule_here() -> None:
    found = {
        name: set(ids_of(method.input_type, coded=method.containing_service.full_name in CODED))
        for name, method in METHODS.items()
    }
    beyond = {name: ids for name, ids in found.items() if name in RULES or ids - _CHANGE.keys()}
    assert beyond == {name: set(ids) for name, ids in RULES.items()}


def call(town: "Town", name: str, member: str = MEMBER, service: str = "", **fields: Any) -> Awaitable[Any]:
    """Calls a method; of a stream of answers it gives the first."""
    method = METHODS[name]
    request: Any = GetMessageClass(method.input_type)(**fields)
    if "request_id" in method.input_type.fields_by_name:
        request.request_id = str(uuid4())
    codec: Any = (type(request).SerializeToString, GetMessageClass(method.output_type).FromString)
    pairs = ((metadata.SERVICE, service),) if service else ()
    if method.server_streaming:
        stream = town.channel(member).unary_stream(f"/{name}", *codec)(request, metadata=pairs)
        return stream.read()
    single: Awaitable[Any] = town.channel(member).unary_unary(f"/{name}", *codec)(request, metadata=pairs)
    return single


async def said_of(call: Awaitable[Any]) -> tuple[Any, ...]:
    """All that a caller learns of a failure, byte for byte, but the number of its transaction."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    error = raised.value
    trailing = sorted(pair for pair in error.trailing_metadata() or () if pair[0] != metadata.TRANSACTION_ID)
    return error.code(), error.details(), trailing, list(error.initial_metadata() or ())


@pytest.fixture
async def town(
    world: World, control: TokenOffice, tmp_path: Path, progress: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["Town"]:
    """The agencies that have objects and lists."""
    monkeypatch.setattr(population_service, "POLL_SECONDS", 0.005)
    names = (
        "population", "health_insurance", "passports", "education", "residence", "public_services", "civil_status",
        "social_security",
    )  # fmt: skip
    settings = {"passports_progress": progress, "passports_step_seconds": 3600.0}
    async with open_town(world, control, tmp_path, names, **settings) as town:
        yield town


@pytest.fixture
async def application(town: "Town", world: World) -> passports.Application:
    """An application that MEMBER has submitted."""
    return await submitted(town, world)


async def submitted(town: "Town", world: World) -> passports.Application:
    citizen = world.persona("migrant").citizen
    answer = await call(
        town, "ndxp.passports.v1.PassportService/SubmitApplication", citizen_number=citizen.number,
        full_name=citizen.full_name, birth_date=str(citizen.birth_date), delivery_address="1 Hàng Bạc, Hà Nội",
    )  # fmt: skip
    application: passports.Application = answer.application
    return application


async def registered(town: "Town", world: World) -> education.Registration:
    pupil = next(citizen for citizen in world.sample(5000, seed=1) if world.identifier(Candidates, citizen.number))
    answer = await call(
        town, "ndxp.education.v1.EducationService/RegisterCandidate", citizen_number=pupil.number,
        full_name=pupil.full_name, birth_date=str(pupil.birth_date),
    )  # fmt: skip
    registration: education.Registration = answer.registration
    return registration


def stated(world: World, persona: str) -> dict[str, str]:
    citizen = world.persona(persona).citizen
    return {
        "citizen_number": citizen.number, "full_name": citizen.full_name, "birth_date": str(citizen.birth_date),
    }  # fmt: skip


async def born(town: "Town", world: World) -> civil_status.Answer:
    contract = agencies.civil_status.contract
    filed = await call(
        town, f"{contract}/SubmitBirth", dossier_code="1", surname="Trần", given_name="An", sex=2,
        birth_date="2023-06-15", province="001", mother=stated(world, "newborn-mother"),
    )  # fmt: skip
    answer: civil_status.Answer = (await call(town, f"{contract}/GetAnswers", codes=[filed.code])).answers[0]
    return answer


async def claimed(town: "Town", world: World) -> social_security.Claim:
    answer = await call(
        town, "ndxp.social_security.v1.SocialSecurityService/ClaimDeathBenefits", dossier_code="1", funeral=True,
        deceased=stated(world, "traveller"), survivor=stated(world, "migrant"),
    )  # fmt: skip
    claim: social_security.Claim = answer.claim
    return claim


async def notified(town: "Town", world: World) -> residence.Stay:
    guest = world.persona("migrant").citizen
    notice = residence.StayNotice(
        full_name=guest.full_name, identity_number=guest.number, reason="du lịch",
        address=residence.Address(province="001", ward="Phường Hàng Bạc", detail="1 Hàng Bạc"),
    )  # fmt: skip
    stay: residence.Stay = (await call(town, "ndxp.residence.v1.ResidenceService/NotifyStay", notice=notice)).stay
    return stay


class Kind(NamedTuple):
    """Objects of a contract: who keeps them, how MEMBER files one, and by which method and field it is read."""

    agency: str
    keeper: str
    file: Callable[["Town", World], Awaitable[Any]]
    read: str
    field: str


KINDS = {
    "ndxp.passports.v1.PassportService": Kind(
        agencies.passports.subsystem, KEEPER, submitted, "GetApplication", "application_id"
    ),
    "ndxp.education.v1.EducationService": Kind(
        agencies.PARTS["education"].subsystems[0], "VN/GOV/G03/lgsp", registered, "GetRegistration", "registration_id"
    ),
    "ndxp.residence.v1.ResidenceService": Kind(
        agencies.PARTS["residence"].subsystems[0], KEEPER, notified, "GetStay", "stay_id"
    ),
    "ndxp.civil_status.v1.CivilStatusService": Kind(
        agencies.civil_status.subsystem, "VN/GOV/G15/lgsp", born, "GetAnswers", "codes"
    ),
    "ndxp.social_security.v1.SocialSecurityService": Kind(
        agencies.PARTS["social_security"].subsystems[0], "VN/GOV/G24/lgsp", claimed, "GetClaim", "code"
    ),
}
"""The kinds of objects, by their contract."""

NOT_NOW = {"SupplementDossier": "NO_SUPPLEMENT_WANTED", "SupplementClaim": "NO_SUPPLEMENT_WANTED"}
"""What an object's own are told by methods that it does not allow in the state in which it was filed."""


def object_in(answer: Any) -> Any:
    [(field, found)] = answer.ListFields()
    if field.is_repeated:
        [found] = found
    return found


def name_in(found: Any, field: str) -> str:
    """The id of an object, which a field of this name takes, alone or among others."""
    name: str = getattr(found, field.removesuffix("s"))
    return name


def taking(field: str, name: str) -> dict[str, Any]:
    return {field: [name] if field.endswith("s") else name}


@pytest.mark.parametrize("progress", ["hand"])
@pytest.mark.parametrize(("method", "field"), ruled(OBJECT))
async def test_anothers_object_is_as_one_that_does_not_exist(
    town: "Town", world: World, method: str, field: str
) -> None:
    contract = method.partition("/")[0]
    kind = KINDS[contract]
    filed = await kind.file(town, world)
    name = name_in(filed, field)
    nothing = await said_of(call(town, method, OTHER, **taking(field, f"{name[:-1]}0")))
    town.gateway.forwarded.clear()
    anothers = await said_of(call(town, method, OTHER, **taking(field, name)))
    assert anothers == nothing
    assert anothers[0] is grpc.StatusCode.NOT_FOUND
    assert [forwarded.subjects for forwarded in town.gateway.forwarded] == [""]
    assert object_in(await call(town, f"{contract}/{kind.read}", **taking(kind.field, name))) == filed


@pytest.mark.parametrize("progress", ["hand"])
@pytest.mark.parametrize("who", ["filer", "keeper", "agency"])
@pytest.mark.parametrize(("method", "field"), ruled(OBJECT))
async def test_an_object_is_there_for_its_filer_and_for_the_member_that_keeps_it(
    town: "Town", world: World, who: str, method: str, field: str
) -> None:
    contract, _, own = method.partition("/")
    kind = KINDS[contract]
    name = name_in(await kind.file(town, world), field)
    member = {"filer": MEMBER, "keeper": kind.keeper, "agency": kind.agency}[who]
    asking = call(town, method, member, **taking(field, name))
    if own in NOT_NOW:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await asking
        assert status.decode(raised.value).reason == NOT_NOW[own]
    else:
        assert name_in(object_in(await asking), field) == name


async def test_a_list_of_a_citizens_objects_has_the_callers_own(
    town: "Town", world: World, application: passports.Application
) -> None:
    number = world.persona("migrant").citizen.number
    listing = "ndxp.passports.v1.PassportService/ListApplications"
    listed = {m: (await call(town, listing, m, citizen_number=number)).applications for m in (MEMBER, OTHER, KEEPER)}
    assert listed == {MEMBER: [application], OTHER: [], KEEPER: [application]}


async def test_an_object_stays_its_filers_when_its_keeper_changes_it(
    town: "Town", application: passports.Application
) -> None:
    ours = {"application_id": application.application_id}
    await call(town, "ndxp.passports.v1.PassportService/WithdrawApplication", KEEPER, **ours)
    answer = await call(town, "ndxp.passports.v1.PassportService/GetApplication", **ours)
    assert answer.application.state == passports.APPLICATION_STATE_WITHDRAWN


async def test_ids_cannot_be_counted(town: "Town", world: World) -> None:
    ids = [(await submitted(town, world)).application_id for _ in range(20)]
    prefixes = {re.fullmatch(r"(G01\.899\.108-\d{6}-)[a-z2-7]{26}", each)[1] for each in ids}  # type: ignore[index]
    assert len(set(ids)) == 20
    assert len(prefixes) <= 2  # midnight may come between
    for place in range(26):  # of the random part no letter is always the same
        assert len({each[-26 + place] for each in ids}) > 1


async def of_accesses(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    await submitted(town, world)
    await submitted(town, world)
    fields: dict[str, Any] = {"service": agencies.passports.subsystem, "page_size": 1}
    return fields, (await call(town, "ndxp.access_log.v1.AccessLogService/ListAccesses", **fields)).next_page_token


async def of_applications(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    number = [await submitted(town, world), await submitted(town, world)][0].citizen_number
    fields: dict[str, Any] = {"citizen_number": number, "page_size": 1}
    return fields, (await call(town, "ndxp.passports.v1.PassportService/ListApplications", **fields)).next_page_token


async def of_visits(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    number = world.persona("traveller").citizen.number
    service = "ndxp.health_insurance.v1.HealthInsuranceService"
    for _ in range(2):
        await call(town, f"{service}/RecordVisit", citizen_number=number, facility="01001", purpose="check")
    fields: dict[str, Any] = {"citizen_number": number, "page_size": 1}
    return fields, (await call(town, f"{service}/ListVisits", **fields)).next_page_token


async def of_changes(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    service, address = "ndxp.population.v1.PopulationService", population.Address(province="001", ward="W", detail="1")
    number = world.persona("traveller").citizen.number
    for _ in range(2):
        await call(town, f"{service}/ChangeAddress", citizen_number=number, current_address=address)
    return {"stop_at_end": True}, (await call(town, f"{service}/WatchChanges", stop_at_end=True)).cursor


async def of_dossiers(town: "Town", world: World) -> tuple[dict[str, Any], str]:
    service, number = "ndxp.public_services.v1.PublicServiceService", world.persona("traveller").citizen.number
    for serial in (1, 2):
        await call(
            town, f"{service}/SyncDossier", code=f"000.00.00.H26-230703-000{serial}", procedure_code="2.002621",
            citizen_number=number, state=2, received_at="20230703080000",
        )  # fmt: skip
    fields: dict[str, Any] = {"citizen_number": number, "page_size": 1}
    return fields, (await call(town, f"{service}/ListDossiers", **fields)).next_page_token


LISTS: dict[str, Callable[["Town", World], Awaitable[tuple[dict[str, Any], str]]]] = {
    "ndxp.access_log.v1.AccessLogService/ListAccesses": of_accesses,
    "ndxp.health_insurance.v1.HealthInsuranceService/ListVisits": of_visits,
    "ndxp.passports.v1.PassportService/ListApplications": of_applications,
    "ndxp.population.v1.PopulationService/WatchChanges": of_changes,
    "ndxp.public_services.v1.PublicServiceService/ListDossiers": of_dossiers,
}


@pytest.mark.parametrize(("method", "field"), ruled(PLACE))
async def test_a_token_is_good_for_whom_it_was_given_to_and_anothers_is_as_none(
    town: "Town", world: World, method: str, field: str
) -> None:
    fields, token = await LISTS[method](town, world)
    assert token
    assert await call(town, method, **fields, **{field: token})
    nothing = await said_of(call(town, method, OTHER, **fields, **{field: "1"}))
    assert await said_of(call(town, method, OTHER, **fields, **{field: token})) == nothing
    assert nothing[0] is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_token_is_good_for_its_list_only(town: "Town", world: World) -> None:
    fields, token = await of_applications(town, world)
    elsewhere = {**fields, "citizen_number": world.persona("traveller").citizen.number, "page_token": token}
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(town, "ndxp.passports.v1.PassportService/ListApplications", **elsewhere)
    failure = status.decode(raised.value)
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")
