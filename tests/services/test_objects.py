"""Whose objects are: every id and token that a method takes has a rule, and keeps to it."""

import re
from collections.abc import AsyncIterator, Awaitable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor

from ndxp.errors import Code
from ndxp.passports.v1 import passports_pb2 as passports
from ndxp.wire import metadata, status
from ndxp.world import World
from services.population import service as population_service
from tests.services.conftest import KEEPER, MEMBER, OTHER, open_town
from tests.services.objects.passports import of_applications, submitted
from tests.support.fakes import TokenOffice
from tests.support.objects import METHODS, OBJECT, PLACE, Kind, List, call

if TYPE_CHECKING:
    from tests.services.conftest import Town

NAMES = re.compile(r"(?:^|_)(?:id|token|cursor|number|key|plate|candidate_code)$")

CODES = re.compile(r"(?:^|_)codes?$")

EVERYWHERE = re.compile(r"(?:^|[._])(?:request_id|dossier_code|number|plate|candidate_code)$")
"""Names that mean the same in every contract: the caller's own name for a request or a dossier, and a number from life,
of a person or a document. Others may have the same names; grants say who may ask with a number. They need no rule."""

PARTS = [
    import_module(f"tests.services.objects.{file.stem}") for file in sorted(Path(__file__).parent.glob("objects/*.py"))
]
RULES: dict[str, dict[str, str]] = {method: fields for part in PARTS for method, fields in part.RULES.items()}
KINDS: dict[str, Kind] = {named: kind for part in PARTS for named, kind in getattr(part, "KINDS", {}).items()}
NOT_NOW: dict[str, str] = {method: why for part in PARTS for method, why in getattr(part, "NOT_NOW", {}).items()}
CODED = {named.partition("/")[0] for named in KINDS if named.endswith("/code")}
"""Contracts that name their objects by a code; elsewhere the test of the agency has what its codes are."""
LISTS: dict[str, List] = {method: made for part in PARTS for method, made in getattr(part, "LISTS", {}).items()}
AGENCIES: dict[str, tuple[str, ...]] = {
    method: getattr(part, "AGENCIES", ()) for part in PARTS for method in part.RULES
}
LISTING = "ndxp.passports.v1.PassportService/ListApplications"


def ids_of(message: Descriptor, *, coded: bool, above: tuple[str, ...] = ()) -> Iterator[str]:
    """The ids in a request; ``coded`` counts codes among them."""
    for field in message.fields:
        if field.message_type and field.message_type.full_name not in above:
            inner = ids_of(field.message_type, coded=coded, above=(*above, message.full_name))
            yield from (f"{field.name}.{name}" for name in inner)
        elif NAMES.search(field.name) or (coded and CODES.search(field.name)):
            yield field.name


def ruled(rule: str) -> list[tuple[str, str]]:
    """Methods and their fields with a rule."""
    return [(method, field) for method, fields in RULES.items() for field, its in fields.items() if its == rule]


def test_every_id_that_a_method_takes_has_its_rule() -> None:
    found = {
        name: {
            field
            for field in ids_of(method.input_type, coded=method.containing_service.full_name in CODED)
            if not EVERYWHERE.search(field)
        }
        for name, method in METHODS.items()
    }
    assert {name: ids for name, ids in found.items() if ids} == {name: set(ids) for name, ids in RULES.items()}


async def failure_seen(call: Awaitable[Any]) -> tuple[Any, ...]:
    """All that a caller learns of a failure, byte for byte, but the number of its transaction."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    error = raised.value
    trailing = sorted(pair for pair in error.trailing_metadata() or () if pair[0] != metadata.TRANSACTION_ID)
    return error.code(), error.details(), trailing, list(error.initial_metadata() or ())


@pytest.fixture
def method() -> str:
    """The method that a test is about; parametrize to change it."""
    return LISTING


@pytest.fixture
async def town(
    world: World, control: TokenOffice, tmp_path: Path, progress: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["Town"]:
    """The agencies that the method needs."""
    monkeypatch.setattr(population_service, "POLL_SECONDS", 0.005)
    settings = {"passports_progress": progress, "passports_step_seconds": 3600.0}
    async with open_town(world, control, tmp_path, AGENCIES[method], **settings) as town:
        yield town


@pytest.fixture
async def application(town: "Town", world: World) -> passports.Application:
    """An application that MEMBER has submitted."""
    return await submitted(town, world)


def object_in(answer: Any) -> Any:
    [(field, found)] = answer.ListFields()
    if field.is_repeated:
        [found] = found
    return found


def kind_of(method: str, field: str) -> Kind:
    return KINDS[f"{method.partition('/')[0]}/{field.removesuffix('s')}"]


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
    kind = kind_of(method, field)
    filed = await kind.file(town, world)
    name = name_in(filed, field)
    nothing = await failure_seen(call(town, method, OTHER, **taking(field, f"{name[:-1]}0")))
    town.gateway.forwarded.clear()
    anothers = await failure_seen(call(town, method, OTHER, **taking(field, name)))
    assert anothers == nothing
    assert anothers[0] is grpc.StatusCode.NOT_FOUND
    assert [forwarded.subjects for forwarded in town.gateway.forwarded] == [""]
    read = f"{method.partition('/')[0]}/{kind.read}"
    assert object_in(await call(town, read, **taking(kind.field, name))) == filed


@pytest.mark.parametrize("progress", ["hand"])
@pytest.mark.parametrize("who", ["filer", "keeper", "agency"])
@pytest.mark.parametrize(("method", "field"), ruled(OBJECT))
async def test_an_object_is_there_for_its_filer_and_for_the_member_that_keeps_it(
    town: "Town", world: World, who: str, method: str, field: str
) -> None:
    kind = kind_of(method, field)
    name = name_in(await kind.file(town, world), field)
    member = {"filer": MEMBER, "keeper": kind.keeper, "agency": kind.agency}[who]
    asking = call(town, method, member, **taking(field, name))
    if method in NOT_NOW:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await asking
        assert status.decode(raised.value).reason == NOT_NOW[method]
    else:
        assert name_in(object_in(await asking), field) == name


async def test_a_list_of_a_citizens_objects_has_the_callers_own(
    town: "Town", world: World, application: passports.Application
) -> None:
    number = world.persona("migrant").citizen.number
    listed = {m: (await call(town, LISTING, m, citizen_number=number)).applications for m in (MEMBER, OTHER, KEEPER)}
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


@pytest.mark.parametrize(("method", "field"), ruled(PLACE))
async def test_a_token_is_good_for_whom_it_was_given_to_and_anothers_is_as_none(
    town: "Town", world: World, method: str, field: str
) -> None:
    fields, token = await LISTS[method](town, world)
    assert token
    assert await call(town, method, **fields, **{field: token})
    nothing = await failure_seen(call(town, method, OTHER, **fields, **{field: "1"}))
    assert await failure_seen(call(town, method, OTHER, **fields, **{field: token})) == nothing
    assert nothing[0] is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_token_is_good_for_its_list_only(town: "Town", world: World) -> None:
    fields, token = await of_applications(town, world)
    elsewhere = {**fields, "citizen_number": world.persona("traveller").citizen.number, "page_token": token}
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(town, LISTING, **elsewhere)
    failure = status.decode(raised.value)
    assert (failure.code, failure.reason) == (Code.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")
