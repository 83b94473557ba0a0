"""The NDXP door: clients of the real platform's adapter run here with only their base URL changed."""

import base64
import gzip
import json
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from gateway.core.endpoints import CONTRACT
from ndxp.population.v1 import population_pb2 as population
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from ndxp.world import Citizen, World
from tests.e2e.conftest import transaction
from tests.gateway.rest.conftest import ONE_STOP
from tests.support.clinic import Clinic, running_clinic
from tests.support.fakes import until

HOSPITAL, BROADCASTER = "VN/GOV/H26/hospital", "VN/GOV/G27/lgsp"
POPULATION = "VN:GOV:000.00.00.G01:population"
INSURANCE = "VN:GOV:000.00.00.G24:health-insurance"
BACKEND = "http://backend.example/dancu"
VERIFY, LOOK_UP, CARD = "/dancu/033", "/dancu/037", "/bhyt/tracuuthe"
ADAPTERS = ["XrdAdapter", "VXPAdapter"]

Question = dict[str, Any]


@pytest.fixture(scope="module")
def door(exchange: RunningExchange) -> Iterator[httpx.Client]:
    """A client of the door."""
    with httpx.Client(base_url=exchange.rest_url, timeout=60, **exchange.state.asking()) as client:
        yield client


@pytest.fixture(scope="module")
def citizen() -> Citizen:
    return World().persona("traveller").citizen


def secret_of(exchange: RunningExchange, name: str) -> str:
    secret: str = json.loads(exchange.credentials.read_text(encoding="utf-8"))[name]
    return secret


def token(door: httpx.Client, exchange: RunningExchange, member: str) -> str:
    """A token as a client of the real platform gets it."""
    answer = door.post("/token", auth=(member, secret_of(exchange, member)), data={"grant_type": "client_credentials"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def bearer(door: httpx.Client, exchange: RunningExchange) -> dict[str, str]:
    return {"authorization": f"Bearer {token(door, exchange, ONE_STOP)}"}


def forward(path: str, dstcode: str = POPULATION, *, adapter: str = "VXPAdapter", backend: str = BACKEND) -> str:
    query = f"dstcode={quote(dstcode, safe='')}&providerurl={quote(backend, safe='')}"
    return f"/{adapter}/RestService/forward{path}?{query}"


def question(citizen: Citizen, code: str = "033", **other: Any) -> Question:
    """What a client sends about a citizen, with what differs; None leaves a member out."""
    asked = {
        "MaYeuCau": "YC-1", "MaDichVu": code, "MaCanBo": "cb.nguyen", "SoDinhDanh": citizen.number,
        "HoVaTen": citizen.full_name, "NgayThangNamSinh": f"{citizen.birth_date:%Y%m%d}", **other,
    }  # fmt: skip
    return {name: value for name, value in asked.items() if value is not None}


def record(exchange: RunningExchange, transaction_id: str) -> dict[str, Any]:
    """The outcome of a transaction in the ledger."""
    return next(each for each in transaction(exchange, transaction_id) if each["phase"] == "outcome")


# Tokens


def test_a_token_has_the_form_of_wso2_and_works(door: httpx.Client, exchange: RunningExchange) -> None:
    key_and_secret = f"{quote(ONE_STOP, safe='')}:{secret_of(exchange, ONE_STOP)}"
    basic = base64.b64encode(key_and_secret.encode()).decode()
    form = {"grant_type": "client_credentials", "scope": "anything"}
    answer = door.post("/token", headers={"authorization": f"Basic {basic}"}, data=form)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert set(said) == {"access_token", "scope", "token_type", "expires_in"}
    assert (said["scope"], said["token_type"], said["expires_in"]) == ("default", "Bearer", 3600)


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        ({"auth": (ONE_STOP, "wrong"), "data": {"grant_type": "client_credentials"}}, 401, "invalid_client"),
        ({"data": {"grant_type": "client_credentials"}}, 401, "invalid_client"),
        ({"auth": (ONE_STOP, "x"), "data": {"grant_type": "password"}}, 400, "unsupported_grant_type"),
        ({"auth": (ONE_STOP, "x"), "json": {"grant_type": "client_credentials"}}, 400, "invalid_request"),
        ({"auth": (ONE_STOP, "x"), "data": {"grant_type": "x" * 9000}}, 413, "invalid_request"),
    ],
)
def test_a_refused_token_is_told_as_oauth_has_it(
    door: httpx.Client, request_: dict[str, Any], status: int, error: str
) -> None:
    answer = door.post("/token", **request_)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]
    assert answer.headers.get("www-authenticate", "").startswith("Basic") == (status == 401)


def test_no_secret_and_no_person_is_in_the_logs(
    door: httpx.Client, exchange: RunningExchange, bearer: dict[str, str], citizen: Citizen
) -> None:
    door.post("/token", auth=(ONE_STOP, "a-wrong-secret"), data={"grant_type": "client_credentials"})
    door.post(forward(VERIFY), headers=bearer, json=question(citizen))
    door.post(forward(VERIFY), headers=bearer, json=question(citizen, SoDinhDanh="12345-secret"))
    logs = "".join(path.read_text(encoding="utf-8") for path in (exchange.folder / "logs").glob("*.log"))
    assert "the doors are open" in logs
    for hidden in (
        "a-wrong-secret",
        secret_of(exchange, ONE_STOP),
        citizen.number,
        "12345-secret",
        bearer["authorization"],
    ):
        assert hidden not in logs


# Messages of the population database


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_033_says_whether_a_citizen_exists(
    door: httpx.Client, bearer: dict[str, str], citizen: Citizen, adapter: str
) -> None:
    answer = door.post(forward(VERIFY, adapter=adapter), headers=bearer, json=question(citizen))
    assert (answer.status_code, answer.json()) == (200, {"TonTai": True})
    assert answer.headers["x-ndxp-transaction-id"]
    other = door.post(forward(VERIFY, adapter=adapter), headers=bearer, json=question(citizen, HoVaTen="Ai Khác"))
    assert (other.status_code, other.json()) == (200, {"TonTai": False})


@pytest.mark.parametrize("birth", [None, "", "year", "dd/MM/yyyy", "number"])
def test_033_takes_a_birth_date_in_each_form_and_none(
    door: httpx.Client, bearer: dict[str, str], citizen: Citizen, birth: str | None
) -> None:
    day = citizen.birth_date
    forms = {"year": str(day.year), "dd/MM/yyyy": f"{day:%d/%m/%Y}", "number": day.year}
    asked = question(citizen, NgayThangNamSinh=forms.get(birth, birth) if birth else birth)
    answer = door.post(forward(VERIFY), headers=bearer, json=asked)
    assert (answer.status_code, answer.json()) == (200, {"TonTai": True})


def test_033_takes_the_old_number(door: httpx.Client, bearer: dict[str, str]) -> None:
    citizen = next(each for each in World().sample(1000) if each.old_number)
    asked = question(citizen, SoDinhDanh=None, SoCMND=citizen.old_number)
    assert door.post(forward(VERIFY), headers=bearer, json=asked).json() == {"TonTai": True}


def test_037_gives_the_record_in_the_platforms_names_and_codes_without_what_is_withheld(
    door: httpx.Client, bearer: dict[str, str], citizen: Citizen
) -> None:
    answer = door.post(forward(LOOK_UP), headers=bearer, json=question(citizen, "037"))
    assert answer.status_code == 200
    [record] = answer.json()["CongDan"]
    assert record["SoDinhDanh"] == citizen.number
    assert record["NgayThangNamSinh"] == f"{citizen.birth_date:%Y%m%d}"
    assert record["GioiTinh"] == str(int(citizen.sex))
    assert record["TinhTrangHonNhan"] == str(int(citizen.marital_status))
    assert set(record["ThuongTru"]) == {"TinhThanh", "QuanHuyen", "PhuongXa", "ChiTiet"}
    assert record["ThuongTru"]["TinhThanh"] == citizen.permanent_address.province
    assert "citizen.religion" in answer.headers["x-ndxp-withheld"]
    assert not {"TonGiao", "NhomMau", "SoCMND", "ChuHo"} & set(record)


def test_037_shows_null_for_what_there_is_not(door: httpx.Client, bearer: dict[str, str]) -> None:
    single = next(each for each in World().sample(1000) if each.spouse is None)
    [record] = door.post(forward(LOOK_UP), headers=bearer, json=question(single, "037")).json()["CongDan"]
    assert record["VoChong"] is None


@pytest.mark.parametrize("different", [{"HoVaTen": "Ai Khác"}, {"NgayThangNamSinh": "1901"}, {"SoDinhDanh": "9" * 12}])
def test_037_gives_an_empty_collection_when_not_all_three_agree(
    door: httpx.Client, bearer: dict[str, str], citizen: Citizen, different: Question
) -> None:
    answer = door.post(forward(LOOK_UP), headers=bearer, json=question(citizen, "037", **different))
    assert (answer.status_code, answer.json()) == (200, {"CongDan": []})


def test_codes_004_and_005_are_those_of_the_platform(
    door: httpx.Client, exchange: RunningExchange, citizen: Citizen
) -> None:
    for member, code, reason in (
        (BROADCASTER, "004", "ACCESS_DENIED"),
        (HOSPITAL, "005", "PURPOSE_REQUIRED"),
    ):
        headers = {"authorization": f"Bearer {token(door, exchange, member)}"}
        answer = door.post(forward(LOOK_UP), headers=headers, json=question(citizen, "037"))
        said = answer.json()
        assert (answer.status_code, said["MaLoi"], said["reason"]) == (403, code, reason)
        assert said["MoTaLoi"] == said["message_vi"]
        assert said["remedy"]
        assert record(exchange, said["transaction_id"])["reason"] == reason


def test_a_stated_purpose_lets_the_hospital_look_up(
    door: httpx.Client, exchange: RunningExchange, citizen: Citizen
) -> None:
    headers = {"authorization": f"Bearer {token(door, exchange, HOSPITAL)}", "x-ndxp-purpose": "treatment"}
    answer = door.post(forward(LOOK_UP), headers=headers, json=question(citizen, "037"))
    [record] = answer.json()["CongDan"]
    assert record["NhomMau"] == f"{int(citizen.blood_group):02}"


def test_the_same_verification_by_grpc_and_by_the_door_is_one_decision_and_the_same_record(
    door: httpx.Client, exchange: RunningExchange, bearer: dict[str, str], citizen: Citizen
) -> None:
    answer = door.post(forward(VERIFY), headers={**bearer, "x-ndxp-purpose": "intake"}, json=question(citizen))
    request = population.VerifyCitizenRequest(
        citizen_number=citizen.number, full_name=citizen.full_name, birth_date=f"{citizen.birth_date:%Y%m%d}"
    )
    stated = (
        ("x-ndxp-service", "VN/GOV/G01/population"), ("x-ndxp-user-id", "cb.nguyen"), ("x-ndxp-message-id", "YC-1"),
        ("x-ndxp-purpose", "intake"),
    )  # fmt: skip
    with exchange.connect(ONE_STOP) as connection:
        stub = PopulationServiceStub(connection.channel)
        said, call = stub.VerifyCitizen.with_call(request, metadata=stated)
    assert said.matched == answer.json()["TonTai"]
    direct = dict(call.trailing_metadata())["x-ndxp-transaction-id"]
    records = [record(exchange, each) for each in (answer.headers["x-ndxp-transaction-id"], direct)]
    own = {name for name in records[0] if name.endswith(("_ts", "_hash"))} | {"transaction_id", "seq", "node"}
    first, second = ({name: value for name, value in each.items() if name not in own} for each in records)
    assert first == second
    assert (first["user_id"], first["message_id"], first["purpose"]) == ("cb.nguyen", "YC-1", "intake")


@pytest.mark.parametrize("key", ["x-ndxp-service", "x-ndxp-user-id"])
def test_what_address_or_message_says_may_not_be_said_again_in_a_header(
    door: httpx.Client, bearer: dict[str, str], citizen: Citizen, key: str
) -> None:
    answer = door.post(forward(VERIFY), headers={**bearer, key: "VN/GOV/G02/other"}, json=question(citizen))
    said = answer.json()
    assert (answer.status_code, said["reason"], said["field"]) == (400, "INVALID_METADATA", key)


def test_an_officer_with_diacritics_is_named_in_the_ledger(
    door: httpx.Client, exchange: RunningExchange, bearer: dict[str, str], citizen: Citizen
) -> None:
    answer = door.post(forward(VERIFY), headers=bearer, json=question(citizen, MaCanBo="Trần Văn B"))
    assert answer.json() == {"TonTai": True}
    assert record(exchange, answer.headers["x-ndxp-transaction-id"])["user_id"] == "Trần Văn B"


def test_a_request_code_that_does_not_fit_is_left_out(
    door: httpx.Client, exchange: RunningExchange, bearer: dict[str, str], citizen: Citizen
) -> None:
    answer = door.post(forward(VERIFY), headers=bearer, json=question(citizen, MaYeuCau="yêu cầu"))
    assert answer.json() == {"TonTai": True}
    assert record(exchange, answer.headers["x-ndxp-transaction-id"])["message_id"] == ""


# Cards


def card_question(citizen: Citizen, **other: str) -> Question:
    return {
        "maThe": citizen.number, "hoTen": citizen.full_name, "ngaySinh": f"{citizen.birth_date:%d/%m/%Y}",
        "maCanBo": "bs.tran", **other,
    }  # fmt: skip


def test_a_card_is_answered_with_the_codes_and_dates_of_the_insurers_portal(
    door: httpx.Client, bearer: dict[str, str], citizen: Citizen
) -> None:
    answer = door.post(forward(CARD, INSURANCE), headers=bearer, json=card_question(citizen))
    said = answer.json()
    assert (answer.status_code, said["maKetQua"]) == (200, "000")
    assert said["hoTen"] == citizen.full_name
    assert said["ngaySinh"] == f"{citizen.birth_date:%d/%m/%Y}"
    assert len(said["maThe"]) == 10
    assert len(said["maTheCu"]) == 15


@pytest.mark.parametrize(
    ("different", "code"),
    [
        ({"hoTen": "Ai Khác"}, "053"), ({"ngaySinh": "1901"}, "054"), ({"ngaySinh": "31/02/1976"}, "051"),
        ({"maThe": "999999999999"}, "010"), ({"maThe": "x"}, "051"), ({"maThe": ""}, "051"),
    ],
)  # fmt: skip
def test_a_card_that_is_not_found_as_asked_has_its_code_and_no_card(
    door: httpx.Client, bearer: dict[str, str], citizen: Citizen, different: dict[str, str], code: str
) -> None:
    answer = door.post(forward(CARD, INSURANCE), headers=bearer, json=card_question(citizen, **different))
    said = answer.json()
    assert (answer.status_code, said["maKetQua"]) == (200, code)
    assert said["ghiChu"]
    assert said["maThe"] is None


def test_a_card_question_with_a_wrong_token_is_501_and_without_a_grant_999(
    door: httpx.Client, exchange: RunningExchange, citizen: Citizen
) -> None:
    refused = {"Bearer wrong": (401, "501"), f"Bearer {token(door, exchange, BROADCASTER)}": (403, "999")}
    for authorization, expected in refused.items():
        headers = {"authorization": authorization}
        answer = door.post(forward(CARD, INSURANCE), headers=headers, json=card_question(citizen))
        assert (answer.status_code, answer.json()["maKetQua"]) == expected


# What is wrong


@pytest.mark.parametrize(
    ("query", "status", "reason", "why"),
    [
        ("", 400, "REQUEST_MALFORMED", "dstcode="),
        ("?dstcode=", 400, "REQUEST_MALFORMED", "dstcode"),
        ("?dstcode=VN:GOV:G01", 400, "REQUEST_MALFORMED", "3 parts"),
        (f"?dstcode={POPULATION}&dstcode={INSURANCE}", 400, "REQUEST_MALFORMED", "once"),
        ("?dstcode=VN:GOV:000.00.00.G99:nobody", 404, "UNKNOWN_PROVIDER", "VN/GOV/G99/nobody"),
        (f"?dstcode={INSURANCE}", 404, "UNKNOWN_PROVIDER", "VN/GOV/G24/health-insurance"),
    ],
)
def test_a_wrong_destination_is_told(
    door: httpx.Client,
    bearer: dict[str, str],
    citizen: Citizen,
    clinic: Clinic,
    query: str,
    status: int,
    reason: str,
    why: str,
) -> None:
    path = f"/XrdAdapter/RestService/forward{VERIFY}{query}"
    answer = door.post(path, headers=bearer, json=question(citizen))
    said = answer.json()
    assert (answer.status_code, said["reason"]) == (status, reason)
    assert why in said["message"]
    assert said["remedy"]


@pytest.mark.parametrize(
    ("different", "member"),
    [
        ({"SoDinhDanh": "12345"}, "SoDinhDanh"), ({"SoDinhDanh": None}, "SoDinhDanh"),
        ({"NgayThangNamSinh": "1976-02-30"}, "NgayThangNamSinh"),
        ({"NgayThangNamSinh": "31/02/1976"}, "NgayThangNamSinh"), ({"NgayThangNamSinh": "May"}, "NgayThangNamSinh"),
    ],
)  # fmt: skip
def test_what_the_agency_refuses_names_the_member_of_the_message(
    door: httpx.Client, bearer: dict[str, str], citizen: Citizen, different: Question, member: str
) -> None:
    answer = door.post(forward(VERIFY), headers=bearer, json=question(citizen, **different))
    said = answer.json()
    assert (answer.status_code, said["member"], said["origin"]) == (400, member, "provider")
    assert said["MaLoi"] == said["reason"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not one JSON object"), (b"[]", "not one JSON object"), (b"{} {}", "not one JSON object"),
        (b"{", "not JSON"), (b"\xff", "not UTF-8"), (b'{"MaDichVu": "033", "MaDichVu": "033"}', "twice"),
        (b'{"MaDichVu": "037"}', "MaDichVu must be '033'"), (b'{"MaDichVu": "033"}', "MaYeuCau must not be empty"),
        (b'{"MaDichVu": ["033"]}', "MaDichVu must be a text"), (b'{"MaDichVu": true}', "MaDichVu must be a text"),
        (b"[" * 60_000, "nested too deep"), (b'"' + b"x" * 70_000 + b'"', "larger than 65536 bytes"),
        (b'{"MaDichVu": "033", "MaYeuCau": "1", "HoVaTen": "A", "MaCanBo": "b\\u202ea"}', "MaCanBo must be printable"),
        (b'{"MaDichVu": "033", "MaYeuCau": "1", "HoVaTen": "\\ud800", "MaCanBo": "b"}', "half a character"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_message_is_refused_and_recorded(
    door: httpx.Client, exchange: RunningExchange, bearer: dict[str, str], body: bytes, why: str
) -> None:
    headers = {**bearer, "content-type": "application/json"}
    answer = door.post(forward(VERIFY), headers=headers, content=body)
    said = answer.json()
    assert (answer.status_code, said["MaLoi"]) == (400, "REQUEST_MALFORMED")
    assert why in said["message"]
    found = record(exchange, said["transaction_id"])
    assert (found["reason"], found["client"]) == ("REQUEST_MALFORMED", ONE_STOP)


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [(None, "TOKEN_MISSING"), ("Bearer x.y.z", "TOKEN_INVALID"), ("Basic x", "TOKEN_INVALID")],
)
def test_the_body_of_a_stranger_is_not_read(
    door: httpx.Client, exchange: RunningExchange, authorization: str | None, reason: str
) -> None:
    headers = {"content-type": "application/json", **({"authorization": authorization} if authorization else {})}
    answer = door.post(forward(VERIFY), headers=headers, content=b"{" * 1_000_000)
    said = answer.json()
    assert (answer.status_code, said["reason"], said["MaLoi"]) == (401, reason, reason)
    if authorization:  # calls without any token are not recorded, whatever their door
        assert record(exchange, said["transaction_id"])["reason"] == reason


def test_a_compressed_message_is_opened(door: httpx.Client, bearer: dict[str, str], citizen: Citizen) -> None:
    headers = {**bearer, "content-type": "application/json; charset=utf-8", "content-encoding": "gzip"}
    answer = door.post(forward(VERIFY), headers=headers, content=gzip.compress(json.dumps(question(citizen)).encode()))
    assert answer.json() == {"TonTai": True}


def test_another_content_type_or_method_is_told(door: httpx.Client, bearer: dict[str, str]) -> None:
    answer = door.post(forward(VERIFY), headers={**bearer, "content-type": "text/xml"}, content=b"<a/>")
    assert (answer.status_code, answer.json()["reason"]) == (415, "REQUEST_MALFORMED")
    answer = door.get(forward(VERIFY), headers=bearer)
    assert (answer.status_code, answer.json()["reason"]) == (405, "REQUEST_MALFORMED")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//127.0.0.1",
        "http://",
        "http://[::1",
        "http://a:99999/",
        "x",
        "http://a/" + "x" * 2000,
    ],
)
def test_a_providerurl_that_is_no_url_is_refused(
    door: httpx.Client, bearer: dict[str, str], citizen: Citizen, url: str
) -> None:
    answer = door.post(forward(VERIFY, backend=url), headers=bearer, json=question(citizen))
    assert (answer.status_code, answer.json()["reason"]) == (400, "REQUEST_MALFORMED")
    assert "providerurl" in answer.json()["message"]


def test_a_providerurl_is_never_called(door: httpx.Client, bearer: dict[str, str], citizen: Citizen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        port = trap.getsockname()[1]
        for url in (f"http://127.0.0.1:{port}/", f"http://user@localhost:{port}/x?y#z", f"https://127.0.0.1:{port}/"):
            answer = door.post(forward(VERIFY, backend=url), headers=bearer, json=question(citizen))
            assert answer.json() == {"TonTai": True}
        with pytest.raises(BlockingIOError):
            trap.accept()
    without = door.post(forward(VERIFY).partition("&providerurl")[0], headers=bearer, json=question(citizen))
    assert without.json() == {"TonTai": True}


# REST services

CLINIC = "VN/COM/ndxp-clinic/app"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clinic(exchange: RunningExchange) -> AsyncIterator[Clinic]:
    """A REST service whose patients the one-stop system may get, and change nothing."""
    member = {"id": "VN/COM/ndxp-clinic", "name": "Clinic", "subsystems": ["app"]}
    exchange.admin.post("members", json=member).raise_for_status()
    async with running_clinic() as service:
        registered = {"provider": CLINIC, "code": "clinic", "url": service.url}
        exchange.admin.put("services/rest", json=registered).raise_for_status()
        grant = {
            "id": "ndxp-clinic", "consumer": ONE_STOP, "provider": CLINIC, "contract": CONTRACT, "methods": ["Get"],
            "paths": ["/clinic/patients/*"],
        }  # fmt: skip
        exchange.admin.post("grants", json=grant).raise_for_status()
        await until(lambda: life.same_registry(exchange.state))
        yield service


@pytest.mark.asyncio(loop_scope="module")
async def test_a_rest_service_is_reached_by_its_code_and_gets_the_callers_query_without_the_doors_own(
    exchange: RunningExchange, bearer: dict[str, str], clinic: Clinic
) -> None:
    async with httpx.AsyncClient(base_url=exchange.rest_url, timeout=60, **exchange.state.asking()) as door:
        answer = await door.get(f"{forward('/clinic/patients/7', CLINIC)}&%64stcod=x&page=2", headers=bearer)
        assert (answer.status_code, answer.content) == (200, b"{}")
        assert clinic.last.target == "/api/patients/7?%64stcod=x&page=2"
        assert record(exchange, answer.headers["x-ndxp-transaction-id"])["method"] == f"{CONTRACT}/Get"
        refused = await door.delete(forward("/clinic/patients/7", CLINIC), headers=bearer)
        assert (refused.status_code, refused.json()["reason"]) == (403, "ACCESS_DENIED")
        assert record(exchange, refused.json()["transaction_id"])["reason"] == "ACCESS_DENIED"


@pytest.mark.parametrize("path", ["/clinic/patients/7;x=1", "/clinic/patients/%2e%2e/7", "/clinic//7", "%2Fclinic/7"])
def test_a_path_that_is_not_canonical_is_refused(
    door: httpx.Client, bearer: dict[str, str], clinic: Clinic, path: str
) -> None:
    url = door.base_url.copy_with(raw_path=forward(path, CLINIC).encode())
    answer = door.get(url, headers=bearer)
    assert (answer.status_code, answer.json()["reason"]) == (400, "INVALID_METADATA")
