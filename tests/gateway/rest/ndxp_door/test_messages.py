"""The files that say how messages of NDXP become calls."""

import shutil
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import httpx
import pytest
from google.protobuf.descriptor import MethodDescriptor
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.rest.call import Calls
from gateway.rest.known import Known
from gateway.rest.ndxp_door.door import NdxpDoor, routes
from gateway.rest.ndxp_door.messages import FILE, Message, Messages, MessagesRefused, _of
from gateway.settings import RestSettings

SERVICES = RestSettings().agencies_folder
AGENCIES = sorted(path.parent for path in SERVICES.glob(f"*/{FILE}"))


def method_of(message: Message) -> MethodDescriptor:
    """The method in the generated code of its contract."""
    service, _, method = message.method.partition("/")
    package = service.rpartition(".")[0]
    code: Any = import_module(f"{package}.{package.split('.')[1]}_pb2")
    found: MethodDescriptor = code.DESCRIPTOR.services_by_name[service.rpartition(".")[2]].methods_by_name[method]
    return found


@pytest.mark.parametrize("agency", AGENCIES, ids=lambda path: path.name)
def test_each_message_of_ours_fits_the_contract(agency: Path) -> None:
    messages = _of(agency).values()
    assert messages
    for message in messages:
        assert message.contradiction(method_of(message)) == ""


def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "agencies"
    for agency in AGENCIES:
        shutil.copytree(agency, folder / agency.name)
    return folder


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("TonTai: matched", "TonTai: [matched]", "Expected `str | object`, got `array`"),
        ("user: MaCanBo", "users: MaCanBo", "unknown field `users`"),
        ("path: /dancu/033", "path: dancu/033", "does not begin with /"),
        ("path: /dancu/033", "path: /dancu/037", "two messages have the same path"),
        ("PopulationService/VerifyCitizen", "PopulationService", "is not package.Service/Method"),
        ("date: yyyyMMdd", "date: yyMMdd", "the form of a date 'yyMMdd' is none of"),
        ('"033"', "033", "Expected `str`, got `int`"),
        ("- path: /dancu/033", "path: /dancu/033", "line"),
    ],
)
def test_a_wrong_file_is_one_line_and_the_messages_of_others_stay(tmp_path: Path, old: str, new: str, why: str) -> None:
    folder = copied(tmp_path)
    file = folder / "population" / FILE
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    messages, wrong = Messages.read([folder])
    [line] = wrong
    assert line.startswith(f"{file}: ")
    assert why in line
    assert "\n" not in line
    assert messages.message("VN/GOV/G01/population", "/dancu/033") is None
    assert messages.message("VN/GOV/G24/health-insurance", "/bhyt/tracuuthe") is not None


def test_the_door_opens_with_a_wrong_file_and_one_line_in_its_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = copied(tmp_path)
    (folder / "population" / FILE).write_text("- path: /x\n", encoding="utf-8")
    calls: Calls = create_autospec(Calls, instance=True)
    assert routes(calls, RestSettings(agencies_folder=folder), None)
    [logged] = caplog.records
    assert logged.getMessage().startswith(f"the door leaves out {folder / 'population' / FILE}: ")


def test_a_wrong_exchange_file_of_an_agency_is_one_line_too(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "population" / "exchange.yaml").write_text("titel: x", encoding="utf-8")
    messages, [line] = Messages.read([folder])
    assert "unknown field `titel`" in line
    assert messages.message("VN/GOV/G24/health-insurance", "/bhyt/tracuuthe") is not None


def test_an_agency_beside_takes_the_place_of_ours_with_its_messages(tmp_path: Path) -> None:
    beside = tmp_path / "beside" / "population"
    shutil.copytree(SERVICES / "population", beside, ignore=shutil.ignore_patterns(FILE))
    messages, wrong = Messages.read([SERVICES, tmp_path / "beside"])
    assert wrong == []
    assert messages.message("VN/GOV/G01/population", "/dancu/033") is None


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("citizen_number: [", "number: [", "VerifyCitizenRequest has no text number"),
        ("TonTai: matched", "TonTai: matches", "VerifyCitizenResponse has no field matches"),
        ("TonTai: matched", "TonTai: {field: matched, members: {A: b}}", "is no message"),
        ("PopulationService/VerifyCitizen", "PopulationService/WatchChanges", "has streams"),
    ],
)
def test_a_message_that_does_not_fit_its_contract_says_where(tmp_path: Path, old: str, new: str, why: str) -> None:
    folder = copied(tmp_path)
    file = folder / "population" / FILE
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    message = _of(folder / "population")["VN/GOV/G01/population", "/dancu/033"]
    assert why in message.contradiction(method_of(message))


def test_a_folder_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(MessagesRefused, match=FILE):
        _of(tmp_path)


async def test_a_message_that_does_not_fit_its_contract_is_told_and_logged_and_nobody_is_called(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = copied(tmp_path)
    file = folder / "population" / FILE
    file.write_text(file.read_text(encoding="utf-8").replace("TonTai: matched", "TonTai: matches"), encoding="utf-8")
    known, _ = Messages.read([folder])
    message = known.message("VN/GOV/G01/population", "/dancu/033")
    assert message
    calls = create_autospec(Calls, instance=True)
    calls.known = create_autospec(Known, instance=True)
    calls.known.method.return_value = method_of(message)
    door = NdxpDoor(calls, known, patience=1)
    app = Starlette(routes=[Route("/forward{path:path}", door.answer, methods=["POST"])])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as client:
        for _ in range(2):
            answer = await client.post("/forward/dancu/033?dstcode=VN:GOV:000.00.00.G01:population", json={})
    why = "VerifyCitizenResponse has no field matches"
    assert (answer.status_code, answer.json()["code"], answer.json()["MaLoi"]) == (500, "INTERNAL", "INTERNAL")
    assert why in answer.json()["message"]
    [logged] = caplog.records
    assert why in logged.getMessage()
    calls.ask.assert_not_called()
