"""The control process over HTTP: tokens, keys, the admin API and its errors."""

import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import jwt
import pytest
import redis

from gateway.registry_store import SECRETS
from ndxp.testing import RunningExchange
from ndxp.wire.assertion import key_of

MEMBER = "VN/GOV/H26/one-stop"


def token_answer(exchange: RunningExchange, **request: Any) -> httpx.Response:
    given = {"data": {"grant_type": "client_credentials"}, **request}
    return httpx.post(f"{exchange.control_url}/oauth2/token", **given)


def secret_of(exchange: RunningExchange, name: str) -> str:
    secret: str = json.loads(exchange.credentials.read_text(encoding="utf-8"))[name]
    return secret


def test_the_credentials_file_is_its_owners_alone(exchange: RunningExchange) -> None:
    assert exchange.credentials.stat().st_mode & 0o777 == 0o600
    assert (exchange.folder / "token-key.pem").stat().st_mode & 0o777 == 0o600
    assert exchange.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("way", ["header", "form"])
def test_good_credentials_get_a_token_that_the_published_keys_verify(exchange: RunningExchange, way: str) -> None:
    secret = secret_of(exchange, MEMBER)
    form = {"grant_type": "client_credentials", "client_id": MEMBER, "client_secret": secret}
    answer = token_answer(exchange, auth=(MEMBER, secret)) if way == "header" else token_answer(exchange, data=form)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()["access_token"]
    keys = httpx.get(f"{exchange.control_url}/.well-known/jwks.json").json()["keys"]
    [key] = [key for key in keys if key["kid"] == jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, jwt.PyJWK(key), algorithms=["EdDSA"], audience="ndxp:gateway", issuer="ndxp:control")
    assert claims["sub"] == MEMBER
    assert claims["exp"] - claims["iat"] == answer.json()["expires_in"]


def test_no_private_key_is_published(exchange: RunningExchange) -> None:
    keys = httpx.get(f"{exchange.control_url}/.well-known/jwks.json").json()["keys"]
    assert keys
    assert all("d" not in key for key in keys)


@pytest.mark.parametrize("name", [MEMBER, "VN/GOV/H99/nobody", "admin", "subjects", ""])
@pytest.mark.parametrize("secret", ["wrong", ""])
def test_wrong_credentials_get_no_token(exchange: RunningExchange, name: str, secret: str) -> None:
    answer = token_answer(exchange, auth=(name, secret))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("name", ["admin", "auditor", "viewer", "subjects"])
def test_the_roles_secrets_and_the_key_of_subjects_are_no_members(exchange: RunningExchange, name: str) -> None:
    assert token_answer(exchange, auth=(name, secret_of(exchange, name))).status_code == 401


def test_only_members_secrets_are_published_and_as_hashes(exchange: RunningExchange) -> None:
    with redis.Redis.from_url(exchange.state.processes[0].environment["NDXP_REDIS_URL"]) as store:
        published = {name.decode(): value.decode() for name, value in store.hgetall(SECRETS).items()}
    secrets = json.loads(exchange.credentials.read_text(encoding="utf-8"))
    assert published == {name: key_of(secrets[name]).hex() for name in secrets if "/" in name}


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic w6k=", "Bearer x", "Basic //8="])
def test_a_malformed_header_gets_no_token(exchange: RunningExchange, header: str) -> None:
    answer = token_answer(exchange, headers={"authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def basic(client: str, secret: str) -> dict[str, str]:
    """The header of the ``Basic`` scheme with these two as they are."""
    return {"authorization": "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()}


def form_encoded(text: str) -> str:
    """A client's id or secret as RFC 6749, section 2.3.1, has it in the header."""
    return urlencode({"": text})[1:]


@pytest.mark.parametrize("name", [MEMBER, "VN:GOV:000.00.00.H26:one-stop"], ids=["with slashes", "as NDXP writes it"])
@pytest.mark.parametrize("way", ["form-encoded header", "plain header", "body"])
def test_a_client_may_write_its_id_and_its_header_either_way(exchange: RunningExchange, way: str, name: str) -> None:
    secret, grant = secret_of(exchange, MEMBER), {"grant_type": "client_credentials"}
    requests: dict[str, dict[str, Any]] = {
        "form-encoded header": {"headers": basic(form_encoded(name), form_encoded(secret))},
        "plain header": {"headers": basic(name, secret)},
        "body": {"data": {**grant, "client_id": name, "client_secret": secret}},
    }
    answer = token_answer(exchange, **requests[way])
    assert answer.status_code == 200, answer.text
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert jwt.decode(answer.json()["access_token"], options={"verify_signature": False})["sub"] == MEMBER


def test_the_signs_that_an_id_may_hold_arrive_whatever_the_form(exchange: RunningExchange) -> None:
    name = "VN/COM/a+b(c)/x,y='z'"
    member = {"id": "VN/COM/a+b(c)", "name": "signs", "subsystems": ["x,y='z'"]}
    secret = exchange.admin.put("members", json=member).json()["credentials"][name]
    for client in (name, form_encoded(name), quote(name, safe="")):
        assert token_answer(exchange, headers=basic(client, secret)).status_code == 200, client


def test_an_id_beside_the_header_is_taken_when_it_is_the_same(exchange: RunningExchange) -> None:
    headers, data = basic(MEMBER, secret_of(exchange, MEMBER)), {"grant_type": "client_credentials"}
    ids = {MEMBER: 200, "VN:GOV:000.00.00.H26:one-stop": 200, "VN/GOV/H01/one-stop": 400}
    answers = [token_answer(exchange, headers=headers, data={**data, "client_id": name}) for name in ids]
    assert [answer.status_code for answer in answers] == list(ids.values())


GRANT_TYPE = b"grant_type=client_credentials"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("sent", "kind", "error"),
    [
        (b"", FORM, "invalid_request"),
        (b"grant_type=", FORM, "invalid_request"),
        (b"grant_type=password", FORM, "unsupported_grant_type"),
        (GRANT_TYPE + b"&" + GRANT_TYPE, FORM, "invalid_request"),
        (GRANT_TYPE + b"&scope=a&scope=b", FORM, "invalid_request"),
        (GRANT_TYPE + b"&client_secret=x", FORM, "invalid_request"),  # beside a secret in the header
        (GRANT_TYPE + b"&client_id=%FF", FORM, "invalid_request"),
        (GRANT_TYPE + b"&a=1" * 1000, FORM, "invalid_request"),
        (b'{"grant_type": "client_credentials"}', "application/json", "invalid_request"),
        (b"--x\r\nnoise", "multipart/form-data; boundary=x", "invalid_request"),
    ],
    ids=[
        "nothing", "empty", "password", "twice", "another twice", "two secrets", "no UTF-8", "many", "JSON",
        "multipart",
    ],
)  # fmt: skip
def test_a_wrong_request_of_a_token_is_refused_as_oauth_says(
    exchange: RunningExchange, sent: bytes, kind: str, error: str
) -> None:
    headers = {**basic(MEMBER, secret_of(exchange, MEMBER)), "content-type": kind}
    answer = httpx.post(f"{exchange.control_url}/oauth2/token", content=sent, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text
    assert answer.json()["error_description"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_what_a_client_sends_beside_the_known_names_is_passed_over(exchange: RunningExchange) -> None:
    headers, data = basic(MEMBER, secret_of(exchange, MEMBER)), {"grant_type": "client_credentials", "resource": "x"}
    assert token_answer(exchange, headers=headers, data=data).status_code == 200


def test_the_description_says_which_form_a_token_is_asked_for_with(exchange: RunningExchange) -> None:
    described = httpx.get(f"{exchange.control_url}/openapi.json").json()["paths"]["/oauth2/token"]["post"]
    form = described["requestBody"]["content"][FORM]["schema"]
    assert set(form["properties"]) == {"grant_type", "client_id", "client_secret"}


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer x"}, {"authorization": "Bearer é".encode()}], ids=str)
@pytest.mark.parametrize("path", ["members", "services", "grants", "transactions", "totals", "transactions/x"])
def test_the_admin_api_is_for_those_with_a_role_alone(
    exchange: RunningExchange, path: str, header: dict[str, str | bytes]
) -> None:
    answer = httpx.get(f"{exchange.control_url}/admin/v1/{path}", headers=header)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "credentials file" in answer.json()["detail"]


BAD_MEMBER = {"id": "VN/NGO/X", "name": "x"}
PUT, POST = "PUT", "POST"
GRANT = {"consumer": MEMBER, "provider": "VN/GOV/G01/population", "contract": "ndxp.population.v1.PopulationService"}


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "says"),
    [
        (PUT, "members", BAD_MEMBER, 422, "NGO"),
        (PUT, "members", {"id": "VN/COM/1", "name": "x", "subsytems": []}, 422, "subsytems"),
        (PUT, "members", {"id": "VN/COM/1"}, 422, "name"),
        (PUT, "members", {"id": "VN/COM/1", "name": 1}, 422, "$.name"),
        (PUT, "services", {"provider": "VN/COM/9/x", "contract": "a.B", "address": "h:1"}, 422, "VN/COM/9/x"),
        (PUT, "services", {"provider": MEMBER, "contract": "a.B", "address": "nowhere"}, 422, "address"),
        (POST, "grants", {**GRANT, "methods": []}, 422, "methods"),
        (POST, "grants", {**GRANT, "consumer": "group:nobody", "methods": ["*"]}, 422, "nobody"),
        (POST, "grants", {**GRANT, "contract": "a.v1.None", "methods": ["*"]}, 422, "offers no a.v1.None"),
        (POST, "grants", {**GRANT, "id": "population-verify", "methods": ["*"]}, 422, "there twice"),
        ("DELETE", "grants/none", None, 404, "there is no grant none"),
        ("DELETE", "services?provider=VN/COM/9/x&contract=a.B", None, 404, "offers no a.B"),
        ("GET", "grants?consumer=VN/COM/9/x", None, 404, "not on this exchange"),
        ("GET", "transactions/none", None, 404, "no transaction none"),
        ("GET", "transactions?limit=0", None, 422, "limit"),
        ("GET", "transactions?limit=x", None, 422, "limit"),
        ("GET", "nonsense", None, 404, "openapi.json"),
    ],
)
def test_a_wrong_request_changes_nothing_and_says_what_is_wrong(
    exchange: RunningExchange, method: str, path: str, body: Any, code: int, says: str
) -> None:
    before = [exchange.admin.get(what).json() for what in ("members", "services", "grants")]
    answer = exchange.admin.request(method, path, json=body)
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == code
    assert says in answer.json()["detail"]
    assert [exchange.admin.get(what).json() for what in ("members", "services", "grants")] == before


def test_a_body_that_is_no_json_is_refused(exchange: RunningExchange) -> None:
    answer = exchange.admin.put("members", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422


TWICE = {
    "grants": b'{"id": "twice", "consumer": "VN/GOV/H26", "provider": "VN/GOV/G01/population", "methods": ["*"], '
    b'"contract": "ndxp.population.v1.PopulationService", "fields": ["citizen"], "fields": []}',
    "members": b'{"id": "VN/COM/twice", "name": "x", "subsystems": ["app"], "subsystems": []}',
    "members/disable": b'{"member": "VN/COM/1", "member": "VN/GOV/H26"}',
}


@pytest.mark.parametrize("path", TWICE)
def test_a_body_with_a_key_twice_is_refused_as_in_a_file(exchange: RunningExchange, path: str) -> None:
    before = [exchange.admin.get(what).json() for what in ("members", "grants")]
    answer = exchange.admin.post(path, content=TWICE[path], headers={"content-type": "application/json"})
    assert (answer.status_code, "is in it twice" in answer.json()["detail"]) == (422, True)
    assert [exchange.admin.get(what).json() for what in ("members", "grants")] == before


def test_registering_something_that_looks_wrong_gives_a_warning(exchange: RunningExchange) -> None:
    member = {"id": "VN/COM/doubtful", "name": "Doubtful", "groups": ["provnces"], "subsystems": ["app"]}
    [told] = exchange.admin.post("members", json=member).json()["warnings"]
    assert "'provnces', which no grant names; did you mean 'provinces'?" in told
    assert told in exchange.admin.get("doubts").json()
    service = {"provider": "VN/COM/doubtful/app", "address": "127.0.0.1:1"}
    dead = exchange.admin.put("services", json={**service, "contract": "doubtful.v1.Thing"}).json()["warnings"]
    what = "VN/COM/doubtful/app at 127.0.0.1:1 does not describe doubtful.v1.Thing"
    assert dead == [f"{what}: nothing answers there; it is asked again"]
    [misspelt, *_] = exchange.admin.put(
        "services", json={**service, "contract": "ndxp.population.v1.PopulationServise"}
    ).json()["warnings"]
    assert misspelt.endswith("did you mean 'ndxp.population.v1.PopulationService'?")
    for contract in ("doubtful.v1.Thing", "ndxp.population.v1.PopulationServise"):
        query = {"provider": "VN/COM/doubtful/app", "contract": contract}
        assert exchange.admin.delete("services", params=query).status_code == 204
    good = exchange.admin.put("members", json={**member, "groups": ["companies"]}).json()["warnings"]
    exchange.admin.put("members", json={**member, "groups": []}).raise_for_status()  # others count the companies
    assert good == []


def test_a_new_subsystem_gets_a_secret_once(exchange: RunningExchange) -> None:
    member = {"id": "VN/COM/newcomer", "name": "Newcomer", "subsystems": ["app"]}
    first = exchange.admin.put("members", json=member).json()["credentials"]
    second = exchange.admin.put("members", json=member).json()["credentials"]
    assert list(first) == ["VN/COM/newcomer/app"]
    assert second == {}
    assert token_answer(exchange, auth=("VN/COM/newcomer/app", first["VN/COM/newcomer/app"])).status_code == 200


def test_a_subsystem_that_was_removed_gets_no_token_and_comes_back_with_another_secret(
    exchange: RunningExchange,
) -> None:
    member = {"id": "VN/COM/shrinking", "name": "Shrinking", "subsystems": ["app", "old"]}
    old = "VN/COM/shrinking/old"
    first = exchange.admin.put("members", json=member).json()["credentials"]
    assert token_answer(exchange, auth=(old, first[old])).status_code == 200
    exchange.admin.put("members", json={**member, "subsystems": ["app"]})
    assert token_answer(exchange, auth=(old, first[old])).status_code == 401
    assert old not in json.loads(exchange.credentials.read_text(encoding="utf-8"))
    again = exchange.admin.put("members", json=member).json()["credentials"]
    assert list(again) == [old]
    assert token_answer(exchange, auth=(old, first[old])).status_code == 401
    assert token_answer(exchange, auth=(old, again[old])).status_code == 200
    assert token_answer(exchange, auth=("VN/COM/shrinking/app", first["VN/COM/shrinking/app"])).status_code == 200


@pytest.mark.parametrize("path", ["/openapi.json", "/.well-known/jwks.json", "/readyz", "/admin/v1/members"])
def test_control_answers_nobody_who_asks_by_a_name_of_the_public_dns(exchange: RunningExchange, path: str) -> None:
    def asked(host: str) -> httpx.Response:
        return httpx.get(f"{exchange.control_url}{path}", headers={**exchange.admin.headers, "Host": host})

    port = exchange.control_url.rpartition(":")[2]
    for host in (
        "rebound.example.com",
        f"rebound.example.com:{port}",
        "localhost.example.com",
        "127.0.0.1.example.com",
    ):
        assert (asked(host).status_code, "NDXP_CONTROL_NAMES" in asked(host).json()["detail"]) == (421, True)
    for host in (f"127.0.0.1:{port}", f"[::1]:{port}", "localhost", "control:8080", "control.ndxp.svc"):
        assert asked(host).status_code == 200


def test_members_are_listed_by_group(exchange: RunningExchange) -> None:
    assert len(exchange.admin.get("members", params={"group": "provinces"}).json()) == 63


def test_grants_are_listed_by_whom_they_apply_to(exchange: RunningExchange) -> None:
    found = {grant["id"] for grant in exchange.admin.get("grants", params={"consumer": MEMBER}).json()}
    assert found >= {"directory", "population-verify", "population-one-stop"}
    assert "population-tax" not in found


def test_services_are_listed_with_their_methods(exchange: RunningExchange) -> None:
    [service] = [
        service
        for service in exchange.admin.get("services").json()
        if service["contract"] == "ndxp.population.v1.PopulationService"
    ]
    assert service["methods"]["VerifyCitizen"] == {
        "client_streaming": False,
        "server_streaming": False,
        "read_only": True,
    }
    assert service["methods"]["UploadChanges"]["client_streaming"]


@pytest.mark.parametrize("known", [True, False], ids=["operator", "stranger"])
def test_a_body_above_a_mebibyte_is_not_read(exchange: RunningExchange, known: bool) -> None:
    headers = exchange.admin.headers if known else {}
    answer = httpx.put(f"{exchange.control_url}/admin/v1/members", content=b"a" * (1 << 20) + b"b", headers=headers)
    assert answer.status_code == 413


def test_no_page_of_control_runs_scripts_from_elsewhere(exchange: RunningExchange) -> None:
    described = httpx.get(f"{exchange.control_url}/openapi.json").json()
    assert "/admin/v1/grants" in described["paths"]
    pages = [httpx.get(f"{exchange.control_url}/{page}") for page in ("docs", "redoc")]
    assert [page.status_code for page in pages] == [404, 404]
    assert all("/openapi.json" in page.json()["detail"] for page in pages)


def test_no_loss_is_accepted_of_a_ledger_that_goes_on_whatever_the_numbers(exchange: RunningExchange) -> None:
    refused = exchange.admin.post("ledger/losses", json={"kept": 0, "lost": 0})
    assert (refused.status_code, refused.json()["title"]) == (409, "Nothing is lost")


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "title"),
    [
        ("DELETE", "grants/none", None, 404, "Không có quyền này"),
        ("PUT", "quotas", {}, 422, "Hạn mức của ai?"),
        ("POST", "grant-requests/none/approve", {}, 404, "Ở đây không có gì mang tên này"),
        ("PUT", "members", {"id": "no id", "name": "x", "subsystems": []}, 422, "Bản đăng ký sẽ không còn nhất quán"),
        ("GET", "nowhere", None, 404, "Không tìm thấy"),
        ("POST", "ledger/losses", {"kept": 0, "lost": 0}, 409, "Không mất gì"),
    ],
)
def test_a_problem_has_its_title_in_the_language_of_who_asks(
    exchange: RunningExchange, verb: str, path: str, body: Any, status: int, title: str
) -> None:
    refused = exchange.admin.request(verb, path, json=body, headers={"Accept-Language": "vi"})
    assert (refused.status_code, refused.json()["title"], refused.json()["type"]) == (status, title, "about:blank")
    assert exchange.admin.request(verb, path, json=body).json()["title"].isascii()


def test_half_a_character_is_refused(exchange: RunningExchange) -> None:
    body = b'{"id": "VN/COM/half", "name": "\\ud800", "subsystems": ["app"]}'
    answer = exchange.admin.put("members", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["title"]) == (422, "The request does not fit")
