"""Names that lead nowhere are told, with what may have been meant; what is in order is not."""

import msgspec
import pytest

from gateway.control.exchange_file import read_exchange
from gateway.core.doubts import doubts
from gateway.core.faults import Fault
from gateway.core.registry import Grant, Member, Registry, Service
from gateway.settings import ControlSettings
from ndxp.exchange.v1 import exchange_pb2
from tests.support.descriptors import file_set

ECHO = "echo.v1.EchoService"
KNOWN = {ECHO: b""}
PROVIDER = "VN/GOV/G01/echo"
MEMBERS = [
    Member("VN/GOV/G01", "One", groups=["ministries"], subsystems=["echo"]),
    Member("VN/GOV/H26", "Two", groups=["provinces"], subsystems=["one-stop"]),
    Member("VN/GOV/H29", "Three", groups=["provinces"], subsystems=["one-stop"]),
]
SERVICE = Service(PROVIDER, ECHO, "127.0.0.1:1")
GRANTS = [
    Grant("g1", "group:provinces/one-stop", PROVIDER, ECHO, ["*"]),
    Grant("g2", "group:ministries", PROVIDER, ECHO, ["*"]),
]


def registry(
    *more: Member, services: tuple[Service, ...] = (SERVICE,), grants: tuple[Grant, ...] = tuple(GRANTS)
) -> Registry:
    return Registry("VN", [*MEMBERS, *more], list(services), list(grants))


@pytest.mark.parametrize(
    ("group", "says"),
    [
        ("provnces", "VN/COM/x is in the group 'provnces', which no grant names; did you mean 'provinces'?"),
        ("friends", "VN/COM/x is the only one in the group 'friends', which no grant names"),
    ],
)
def test_a_group_without_a_grant_is_reported(group: str, says: str) -> None:
    assert doubts(registry(Member("VN/COM/x", "X", groups=[group])), KNOWN) == [says]


def test_a_contract_with_nearly_the_name_of_another_is_reported() -> None:
    misspelt = Service(PROVIDER, "echo.v1.EchoServise", "127.0.0.1:1")
    assert doubts(registry(services=(SERVICE, misspelt)), KNOWN) == [
        f"{PROVIDER} offers echo.v1.EchoServise, which nobody has described; did you mean '{ECHO}'?"
    ]


def test_a_grant_for_a_service_that_is_not_offered_is_reported() -> None:
    grants = (*GRANTS, Grant("g3", "group:all", PROVIDER, "echo.v1.EkoService", ["*"]))
    assert doubts(registry(grants=grants), KNOWN) == [
        f"grant g3 is for echo.v1.EkoService, which {PROVIDER} does not offer; did you mean '{ECHO}'?"
    ]
    assert doubts(registry(services=()), {})[0] == f"grant g1 is for {ECHO}, which {PROVIDER} does not offer"


@pytest.mark.parametrize(("method", "says"), [("ListMembrs", "; did you mean 'ListMembers'?"), ("ListMembers", None)])
def test_a_fault_for_a_method_that_there_is_not_is_reported(method: str, says: str | None) -> None:
    contract = "ndxp.exchange.v1.ExchangeService"
    fault = Fault("late", "delay=1s", "2099-12-31", contract=contract, methods=[method])
    there = registry(services=(SERVICE, Service(PROVIDER, contract, "127.0.0.1:1")))
    there = msgspec.structs.replace(there, faults=[fault])
    told = [f"fault late, methods: no method of {contract} fits {method!r}{says}"] if says else []
    assert doubts(there, {**KNOWN, contract: file_set(exchange_pb2.DESCRIPTOR)}) == told
    assert doubts(there, KNOWN) == []
    gone = msgspec.structs.replace(there, services=[SERVICE])
    assert doubts(gone, KNOWN) == [f"fault late, contract: nobody offers '{contract}'; see `ndxp services`"]


def test_a_registry_without_mistakes_gives_no_report() -> None:
    assert doubts(registry(), KNOWN) == []
    assert doubts(registry(services=(SERVICE, Service(PROVIDER, "other.v1.Thing", "127.0.0.1:1"))), KNOWN) == []
    assert doubts(read_exchange(ControlSettings()), {}) == []
