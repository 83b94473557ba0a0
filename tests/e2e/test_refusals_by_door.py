"""The same refusal at every door: one reason and one record, and each door's own form. It is the table of a guide."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from ndxp.errors import Code, Reason
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from tests.e2e.conftest import signed, transaction
from tests.support.fakes import until_now

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "http.md"
POPULATION = "ndxp.population.v1.PopulationService"
PROVIDER, ELSEWHERE = "VN/GOV/G01/population", "VN/GOV/G24/health-insurance"
COURT, QUIET, PAUSED, FREQUENT = (
    "VN/GOV/G40/court-assistant", "VN/COM/doors/quiet", "VN/COM/doors-paused/app", "VN/COM/doors/frequent",
)  # fmt: skip
CLAIM = {"citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn", "birthDate": "1979-07-20"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of GetCitizen that is refused: who calls, with which header fields, at which provider."""

    client: str = COURT
    headers: Mapping[str, str] = field(default_factory=dict)
    provider: str = PROVIDER
    authorization: str | None = None
    malformed: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What a door's caller sees, and the transaction that the answer names."""

    shown: str
    reason: str
    transaction: str


class Doors:
    """A caller who can use every door."""

    def __init__(self, exchange: RunningExchange, http: httpx.Client, special: Mapping[str, str]) -> None:
        self.exchange = exchange
        self._http = http
        self._special = special

    def grpc(self, asked: Asked) -> Answered:
        pairs = [*self._fields(asked).items(), *_at(asked).items()]
        with grpc.insecure_channel(self.exchange.gateway) as channel:
            start: Any = channel.stream_stream(f"/{POPULATION}/{'Nothing' if asked.unknown else 'GetCitizen'}")
            call = start(iter(() if asked.malformed else (b"",)), metadata=tuple(pairs), timeout=30)
            with pytest.raises(grpc.RpcError) as raised:
                list(call)
        failure = status.decode(raised.value)
        return Answered(failure.code.name, failure.reason, failure.transaction_id)

    def json(self, asked: Asked) -> Answered:
        answer = self._post(f"/{POPULATION}/{'Nothing' if asked.unknown else 'GetCitizen'}", asked, _at(asked))
        said = answer.json()
        return Answered(str(answer.status_code), said["reason"], said.get("transaction_id", ""))

    def connect(self, asked: Asked) -> Answered:
        path = f"/{POPULATION}/{'Nothing' if asked.unknown else 'GetCitizen'}"
        answer = self._post(path, asked, {"connect-protocol-version": "1", **_at(asked)})
        shown = f"{answer.status_code} {answer.json()['code']}"
        return Answered(shown, "", answer.headers.get("x-ndxp-transaction-id", ""))

    def grpc_web(self, asked: Asked) -> Answered:
        path = f"/{POPULATION}/{'Nothing' if asked.unknown else 'GetCitizen'}"
        body = b"" if asked.malformed else b"\0\0\0\0\0"
        answer = self._post(path, asked, {"content-type": "application/grpc-web", **_at(asked)}, body)
        trailers = dict(line.split(": ", 1) for line in answer.content[5:].decode().split("\r\n") if line)
        code = Code(int(trailers["grpc-status"]))
        return Answered(f"{answer.status_code} {code.name}", "", trailers.get("x-ndxp-transaction-id", ""))

    def x_road(self, asked: Asked) -> Answered:
        provider = "VN/GOV/G99/population" if asked.provider != PROVIDER else asked.provider
        path = f"/r1/{provider}/PopulationService/{'Nothing' if asked.unknown else 'GetCitizen'}"
        answer = self._post(path, asked, {"x-road-client": asked.client})
        said = answer.json()
        reason = said["detail"].partition(" ")[0]
        return Answered(f"{answer.status_code} {said['type']}", reason, answer.headers.get("x-road-request-id", ""))

    def ndxp(self, asked: Asked) -> Answered:
        central = "G01" if asked.provider == PROVIDER else "G99"
        if asked.unknown:
            return Answered("-", "", "")  # a message names no method
        body = {
            "MaYeuCau": "1", "MaDichVu": "037", "MaCanBo": "cb.nguyen", "SoDinhDanh": CLAIM["citizenNumber"],
            "HoVaTen": CLAIM["fullName"], "NgayThangNamSinh": "19790720",
        }  # fmt: skip
        path = f"/VXPAdapter/RestService/forward/dancu/037?dstcode=VN:GOV:000.00.00.{central}:population"
        answer = self._post(path, asked, {}, None, body)
        said = answer.json()
        return Answered(
            f"{answer.status_code} {said.get('MaLoi', '')}".strip(), said["reason"], said.get("transaction_id", "")
        )

    def _fields(self, asked: Asked) -> dict[str, str]:
        token = asked.authorization
        if token is None:
            token = f"Bearer {self.exchange.tokens(asked.client).blocking()}"
        token = self._special.get(token, token)
        return {**({metadata.AUTHORIZATION: token} if token else {}), **asked.headers}

    def _post(
        self,
        path: str,
        asked: Asked,
        more: Mapping[str, str] | None = None,
        body: bytes | None = None,
        message: Any = None,
    ) -> httpx.Response:
        headers = {**self._fields(asked), **(more or {})}
        if body is not None:
            return self._http.post(path, content=body, headers=headers)
        if asked.malformed:
            return self._http.post(path, content=b"{", headers={"content-type": "application/json", **headers})
        return self._http.post(path, json=message or CLAIM, headers=headers)


def _at(asked: Asked) -> dict[str, str]:
    """The provider, where a door does not name it in the path."""
    return {} if asked.provider == PROVIDER else {metadata.SERVICE: asked.provider}


DOORS: Mapping[str, Callable[[Doors, Asked], Answered]] = {
    "gRPC": Doors.grpc, "JSON": Doors.json, "Connect": Doors.connect, "gRPC-Web": Doors.grpc_web, "`/r1`": Doors.x_road,
    "NDXP's adapter": Doors.ndxp,
}  # fmt: skip

REFUSALS: Mapping[Reason, Asked] = {
    Reason.TOKEN_MISSING: Asked(authorization=""),
    Reason.TOKEN_INVALID: Asked(authorization="Bearer x"),
    Reason.TOKEN_EXPIRED: Asked(authorization="expired"),
    Reason.INVALID_METADATA: Asked(headers={"x-ndxp-nonsense": "1"}),
    Reason.METADATA_TOO_LARGE: Asked(headers={"baggage": "x" * 20_000}),
    Reason.MEMBER_DISABLED: Asked(client=PAUSED, authorization="paused"),
    Reason.UNKNOWN_SERVICE: Asked(unknown=True),
    Reason.UNKNOWN_PROVIDER: Asked(provider=ELSEWHERE),
    Reason.ACCESS_DENIED: Asked(client=QUIET),
    Reason.PURPOSE_REQUIRED: Asked(),
    Reason.SERVICE_DISABLED: Asked(headers={metadata.PURPOSE: "court proceedings"}),
    Reason.QUOTA_EXCEEDED: Asked(client=FREQUENT),
    Reason.REQUEST_MALFORMED: Asked(headers={metadata.PURPOSE: "court proceedings"}, malformed=True),
}

UNRECORDED = {Reason.TOKEN_MISSING, Reason.METADATA_TOO_LARGE}
"""Nobody knows who calls, so there is no record."""


@pytest.fixture(scope="module")
def doors(exchange: RunningExchange) -> Iterator[Doors]:
    """The exchange with callers who are refused in every way, and a caller at its doors."""
    admin = exchange.admin
    for member, subsystems in (("VN/COM/doors", ["quiet", "frequent"]), ("VN/COM/doors-paused", ["app"])):
        admin.put("members", json={"id": member, "name": member, "subsystems": subsystems}).raise_for_status()
    grant = {
        "id": "doors",
        "consumer": FREQUENT,
        "provider": PROVIDER,
        "contract": POPULATION,
        "methods": ["GetCitizen"],
    }
    admin.post("grants", json=grant).raise_for_status()
    admin.put("quotas", json={"consumer": FREQUENT, "rate": 0.001, "burst": 1}).raise_for_status()
    token = f"Bearer {exchange.tokens(PAUSED).blocking()}"
    disabled = {"id": "VN/COM/doors-paused", "name": "paused", "subsystems": ["app"], "disabled": True}
    admin.put("members", json=disabled).raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))
    expired = signed(exchange, sub=COURT, exp=int(time.time()) - 60)[1]
    with httpx.Client(base_url=exchange.rest_url, timeout=60) as http:
        yield Doors(exchange, http, {"paused": token, "expired": str(expired)})
    admin.delete("grants/doors").raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))


@pytest.fixture
def disabled(exchange: RunningExchange, request: pytest.FixtureRequest) -> Iterator[None]:
    """The population database takes no calls, if the test is about that."""
    service = {"provider": PROVIDER, "contract": POPULATION}
    if request.node.callspec.params["reason"] is not Reason.SERVICE_DISABLED:
        yield
        return
    exchange.admin.post("services/disable", json=service).raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))
    yield
    exchange.admin.post("services/enable", json=service).raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))


@pytest.mark.usefixtures("disabled")
@pytest.mark.parametrize("reason", REFUSALS)
def test_a_refusal_is_the_same_at_every_door(doors: Doors, reason: Reason) -> None:
    asked = REFUSALS[reason]
    found = {name: _refused(door, doors, asked, reason) for name, door in DOORS.items()}
    assert {each.reason for each in found.values()} <= {reason, ""}
    for name, each in found.items():
        if each.shown == "-":
            continue
        records = transaction(doors.exchange, each.transaction) if each.transaction else []
        reasons = [record["reason"] for record in records if record["phase"] == "outcome"]
        assert reasons == ([] if reason in UNRECORDED else [reason]), name
    row = f"| `{reason}` | {' | '.join(each.shown for each in found.values())} |"
    assert row in GUIDE.read_text(encoding="utf-8").splitlines(), row


def _refused(door: Callable[[Doors, Asked], Answered], doors: Doors, asked: Asked, reason: Reason) -> Answered:
    """The refusal; the quota lets a call pass before, perhaps one for each worker."""
    if reason is not Reason.QUOTA_EXCEEDED:
        return door(doors, asked)
    found: list[Answered] = []

    def refused() -> bool:
        try:
            found.append(door(doors, asked))
        except (KeyError, pytest.fail.Exception):  # it was answered
            return False
        return found[-1].reason in (reason, "")

    until_now(refused)
    return found[-1]
