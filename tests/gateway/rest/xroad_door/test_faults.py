"""Refusals on the X-Road door: for each reason that can be brought about, X-Road's type, the status and the record."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.rest.xroad_door.faults import TYPES, fault
from ndxp.errors import RULES, Code, Reason
from ndxp.sandbox import life
from ndxp.sandbox.ports import free_port
from ndxp.testing import RunningExchange
from ndxp.wire.status import Failure
from tests.e2e.conftest import signed, transaction
from tests.gateway.rest.xroad_door.conftest import POPULATION, VERIFY, asking
from tests.support.fakes import until_now

CLINIC, PAUSED, FREQUENT = "VN/COM/clinic/app", "VN/COM/paused/app", "VN/COM/clinic/frequent"
DEAD, CLOSED = "VN/COM/clinic/dead", "VN/COM/clinic/closed"
LAND = "ndxp.land.v1.LandService"


@dataclass(frozen=True, slots=True)
class Clinic:
    """A member that does everything a little wrong; ``paused`` is the token of another one, which is disabled."""

    exchange: RunningExchange
    http: httpx.Client
    paused: str

    def post(self, path: str, content: bytes = b"{}", **headers: str) -> httpx.Response:
        """Sends a body, with some header fields changed."""
        return self.http.post(path, content=content, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def without_a_token(self) -> httpx.Response:
        with httpx.Client(base_url=self.http.base_url, headers={"x-road-client": CLINIC}) as stranger:
            return stranger.post(VERIFY, json={})

    def with_garbage_for_a_token(self) -> httpx.Response:
        return self.post(VERIFY, authorization="Bearer x")

    def with_an_old_token(self) -> httpx.Response:
        return self.post(VERIFY, authorization=str(signed(self.exchange, sub=CLINIC, exp=int(time.time()) - 60)[1]))

    def in_the_name_of_another(self) -> httpx.Response:
        return self.post(VERIFY, x_road_client="VN/GOV/H26/one-stop")

    def with_much_metadata(self) -> httpx.Response:
        return self.post(VERIFY, x_road_issue="x" * 20_000)

    def while_it_is_disabled(self) -> httpx.Response:
        return self.post(VERIFY, authorization=self.paused, x_road_client=PAUSED)

    def an_unknown_service(self) -> httpx.Response:
        return self.http.get(f"{POPULATION}/petstore/pets/7")

    def an_unknown_method(self) -> httpx.Response:
        return self.post(f"{POPULATION}/PopulationService/Verify/Citizen")

    def an_unknown_provider(self) -> httpx.Response:
        return self.post("/r1/VN/GOV/G99/population/PopulationService/VerifyCitizen")

    def a_method_without_a_grant(self) -> httpx.Response:
        return self.post(VERIFY)

    def a_method_without_a_purpose(self) -> httpx.Response:
        return self.post(f"{POPULATION}/PopulationService/GetCitizen")

    def a_disabled_service(self) -> httpx.Response:
        return self.post(f"/r1/{CLOSED}/LandService/GetParcel")

    def more_than_its_quota(self) -> httpx.Response:
        with asking(self.exchange, FREQUENT) as frequent:
            return _once(Reason.QUOTA_EXCEEDED, lambda: frequent.post(VERIFY, json={}))

    def with_half_a_body(self) -> httpx.Response:
        return self.post(f"{POPULATION}/PopulationService/GetCitizen", b'{"citizenNumber', x_ndxp_purpose="treatment")

    def a_dead_provider(self) -> httpx.Response:
        return _once(Reason.PROVIDER_UNREACHABLE, lambda: self.post(f"/r1/{DEAD}/LandService/GetParcel"))

    def a_dead_provider_again(self) -> httpx.Response:
        return _once(Reason.CIRCUIT_OPEN, lambda: self.post(f"/r1/{DEAD}/LandService/GetParcel"))


def _once(reason: Reason, post: Callable[[], httpx.Response]) -> httpx.Response:
    """The first answer that tells of this reason."""
    answers: list[httpx.Response] = []

    def tells() -> bool:
        answers.append(post())
        return reason in answers[-1].text

    until_now(tells)
    return answers[-1]


REFUSALS: list[tuple[Callable[[Clinic], httpx.Response], Reason, int, str]] = [
    (Clinic.without_a_token, Reason.TOKEN_MISSING, 400, "client.missing_header"),
    (Clinic.with_garbage_for_a_token, Reason.TOKEN_INVALID, 500, "server.clientproxy.ssl_authentication_failed"),
    (Clinic.with_an_old_token, Reason.TOKEN_EXPIRED, 500, "server.clientproxy.ssl_authentication_failed"),
    (Clinic.in_the_name_of_another, Reason.INVALID_METADATA, 400, "client.bad_request"),
    (Clinic.with_much_metadata, Reason.METADATA_TOO_LARGE, 400, "client.bad_request"),
    (Clinic.while_it_is_disabled, Reason.MEMBER_DISABLED, 500, "server.clientproxy.unknown_member"),
    (Clinic.an_unknown_service, Reason.UNKNOWN_SERVICE, 500, "server.serverproxy.unknown_service"),
    (Clinic.an_unknown_method, Reason.UNKNOWN_SERVICE, 500, "server.serverproxy.unknown_service"),
    (Clinic.an_unknown_provider, Reason.UNKNOWN_PROVIDER, 500, "server.clientproxy.unknown_member"),
    (Clinic.a_method_without_a_grant, Reason.ACCESS_DENIED, 500, "server.serverproxy.access_denied"),
    (Clinic.a_method_without_a_purpose, Reason.PURPOSE_REQUIRED, 500, "server.serverproxy.access_denied"),
    (Clinic.a_disabled_service, Reason.SERVICE_DISABLED, 500, "server.serverproxy.service_disabled"),
    (Clinic.more_than_its_quota, Reason.QUOTA_EXCEEDED, 500, "server.serverproxy.service_failed"),
    (Clinic.with_half_a_body, Reason.REQUEST_MALFORMED, 400, "client.invalid_request"),
    (Clinic.a_dead_provider, Reason.PROVIDER_UNREACHABLE, 500, "server.serverproxy.network_error"),
    (Clinic.a_dead_provider_again, Reason.CIRCUIT_OPEN, 500, "server.serverproxy.network_error"),
]
"""How each reason comes about, and what the door answers."""

UNRECORDED = {Reason.TOKEN_MISSING, Reason.METADATA_TOO_LARGE}
"""When nobody knows who calls, because there is no token or it cannot be read, there is no record."""


@pytest.fixture(scope="module")
def clinic(exchange: RunningExchange) -> Iterator["Clinic"]:
    """The exchange with a clinic whose rights are a little wrong everywhere."""
    admin = exchange.admin
    subsystems = ["app", "frequent", "dead", "closed"]
    for member, parts in (("VN/COM/clinic", subsystems), ("VN/COM/paused", ["app"])):
        admin.put("members", json={"id": member, "name": member, "subsystems": parts}).raise_for_status()
    services = [(provider, f"127.0.0.1:{free_port()}") for provider in (DEAD, CLOSED)]
    for provider, address in services:
        offer = {"provider": provider, "contract": LAND, "address": address, "disabled": provider == CLOSED}
        admin.put("services", json=offer).raise_for_status()
    population = {"provider": "VN/GOV/G01/population", "contract": "ndxp.population.v1.PopulationService"}
    grants: list[dict[str, Any]] = [
        {"id": "c-dead", "consumer": CLINIC, "provider": DEAD, "contract": LAND, "methods": ["*"]},
        {"id": "c-closed", "consumer": CLINIC, "provider": CLOSED, "contract": LAND, "methods": ["*"]},
        {"id": "c-citizen", "consumer": CLINIC, **population, "methods": ["GetCitizen"], "purposes": ["treatment"]},
        {"id": "c-frequent", "consumer": FREQUENT, **population, "methods": ["VerifyCitizen"]},
    ]
    for grant in grants:
        admin.post("grants", json=grant).raise_for_status()
    admin.put("quotas", json={"consumer": FREQUENT, "rate": 0.001, "burst": 1}).raise_for_status()
    with asking(exchange, PAUSED) as paused:
        token = paused.headers["authorization"]
    disabled = {"id": "VN/COM/paused", "name": "VN/COM/paused", "subsystems": ["app"], "disabled": True}
    admin.put("members", json=disabled).raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))
    with asking(exchange, CLINIC) as http:
        try:
            yield Clinic(exchange, http, token)
        finally:
            for grant in grants:
                admin.delete(f"grants/{grant['id']}").raise_for_status()
            for provider, _ in services:
                admin.delete("services", params={"provider": provider, "contract": LAND}).raise_for_status()
            until_now(lambda: life.same_registry(exchange.state))


@pytest.mark.parametrize(("act", "reason", "status", "kind"), REFUSALS, ids=[act.__name__ for act, *_ in REFUSALS])
def test_a_refusal_has_the_form_of_x_road_and_is_in_the_ledger(
    clinic: Clinic, act: Callable[[Clinic], httpx.Response], reason: Reason, status: int, kind: str
) -> None:
    answer = act(clinic)
    assert (answer.status_code, answer.headers["x-road-error"]) == (status, kind)
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert "x-road-request-hash" not in answer.headers
    said = answer.json()
    assert list(said) == ["type", "message", "detail"]
    assert said["type"] == kind
    transaction_id = answer.headers["x-road-request-id"]
    assert said["detail"].startswith(f"{reason} at ")
    assert f"transaction {transaction_id}" in said["detail"]
    assert "remedy: " in said["detail"]
    records = transaction(clinic.exchange, transaction_id)
    assert [record["reason"] for record in records if record["phase"] == "outcome"] == (
        [] if reason in UNRECORDED else [reason]
    )


def test_who_is_over_its_quota_is_told_when_to_ask_again(clinic: Clinic) -> None:
    assert int(clinic.more_than_its_quota().headers["retry-after"]) > 0


def test_every_reason_has_a_type_of_x_road() -> None:
    assert set(TYPES) == set(RULES)
    assert all(kind.startswith(("client.", "server.clientproxy.", "server.serverproxy.")) for kind in TYPES.values())


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (Code.INVALID_ARGUMENT, 400, "client.bad_request"),
        (Code.UNAVAILABLE, 500, "server.serverproxy.network_error"),
        (Code.INTERNAL, 500, "server.serverproxy.service_failed"),
    ],
)
def test_a_failure_without_a_reason_has_a_type_by_its_code(code: Code, status: int, kind: str) -> None:
    found = fault(Failure(code, "the connection broke"))
    assert (found.status, found.type, found.detail) == (status, kind, code.name)
