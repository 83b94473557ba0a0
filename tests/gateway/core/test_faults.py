"""Which calls meet a fault: by name, by number, by chance and by time; and which rules cannot be."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from gateway.core import faults
from gateway.core.faults import Fault, FaultError, Faults
from gateway.core.registry import Grant, Member, Registry, RegistryError, Service, Snapshot, check_change, parse
from gateway.core.revision import revised
from gateway.core.validity import VIETNAM

CLIENT, PROVIDER, CONTRACT = "VN/GOV/H26/one-stop", "VN/GOV/G01/population", "demo.v1.Demo"
NOW = datetime(2026, 11, 30, 9, 30, tzinfo=VIETNAM).timestamp()  # a Monday


def fault(**fields: Any) -> Fault:
    return Fault(**{"id": "f", "do": "code=ABORTED", "valid_until": "2026-12-31", **fields})


def registry(*rules: Fault) -> Registry:
    return Registry(
        "VN",
        members=[
            Member("VN/GOV/H26", "H", groups=["provinces"], subsystems=["one-stop"]),
            Member("VN/GOV/G01", "G", subsystems=["population"]),
        ],
        services=[Service(PROVIDER, CONTRACT, "127.0.0.1:1")],
        grants=[Grant("g", CLIENT, PROVIDER, CONTRACT, ["*"])],
        faults=list(rules),
    )


def met(rule: Fault, *, purpose: str = "", message_id: str = "", method: str = "Get", now: float = NOW) -> bool:
    snapshot = Snapshot(registry(rule), {})
    names, called = snapshot.consumers, f"{CONTRACT}/{method}"
    return bool(snapshot.faults.matching(CLIENT, names, PROVIDER, called, purpose, message_id, now))


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"consumer": CLIENT},
        {"consumer": "VN/GOV/H26"},
        {"consumer": "group:provinces"},
        {"consumer": "group:provinces/one-stop"},
        {"consumer": "group:all"},
        {"provider": PROVIDER, "contract": CONTRACT, "methods": ["Get*"]},
        {"methods": ["List", "Get"]},
        {"purpose": "birth"},
        {"message_id": "m-1"},
        {"hours": "09:00-10:00"},
        {"hours": "22:00-09:31"},
        {"days": ["Mon", "Tue"]},
        {"valid_from": "2026-11-30"},
    ],
    ids=str,
)
def test_a_call_that_fits_every_condition_meets_the_fault(conditions: dict[str, Any]) -> None:
    assert met(fault(**conditions), purpose="birth", message_id="m-1")


@pytest.mark.parametrize(
    "conditions",
    [
        {"consumer": "VN/GOV/G01"},
        {"methods": ["List*"]},
        {"purpose": "death"},
        {"message_id": "m-2"},
        {"hours": "10:00-12:00"},
        {"hours": "22:00-09:30"},
        {"days": ["Tue"]},
        {"valid_from": "2026-12-01"},
        {"valid_until": "2026-11-30T09:29:59+07:00"},
    ],
    ids=str,
)
def test_a_call_that_fits_one_condition_less_does_not(conditions: dict[str, Any]) -> None:
    assert not met(fault(**conditions), purpose="birth", message_id="m-1")


@pytest.mark.parametrize(
    ("nth", "numbers"),
    [
        ("3", [3]),
        ("1-2", [1, 2]),
        ("5-", [5, 6, 7, 8]),
        ("even", [2, 4, 6, 8]),
        ("odd", [1, 3, 5, 7]),
        ("*/3", [3, 6]),
        ("1, 4-5,*/8", [1, 4, 5, 8]),
        ("", [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_calls_are_chosen_by_their_number(nth: str, numbers: list[int]) -> None:
    assert [number for number in range(1, 9) if fault(nth=nth).chooses(number)] == numbers


def test_a_share_is_chosen_by_chance_and_the_same_seed_chooses_the_same() -> None:
    chosen = [fault(share=0.2, seed=7).chooses(number) for number in range(1, 2001)]
    assert 340 <= sum(chosen) <= 460
    assert chosen == [fault(share=0.2, seed=7).chooses(number) for number in range(1, 2001)]
    assert chosen != [fault(share=0.2, seed=8).chooses(number) for number in range(1, 2001)]


def test_calls_are_counted_for_the_rule_the_consumer_or_the_message() -> None:
    def counters(count: str) -> set[str]:
        return {fault(count=count).counted_by(client, message) for client in ("a", "b") for message in ("1", "2")}

    assert [len(counters(count)) for count in ("rule", "consumer", "message")] == [1, 2, 4]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"id": "caller"}, r"faults\[0\].id: 'caller' is not a name"),
        ({"id": "a b"}, "is not a name"),
        ({"do": "delay=-1s"}, r"faults\[0\] \(f\).do: '-1s' is no time"),
        ({"valid_until": ""}, "a fault has an end"),
        ({"valid_until": "soon"}, "neither a date"),
        ({"valid_from": "2027-01-01"}, "it would never be on"),
        ({"consumer": "VN/GOV/H99"}, "no member, subsystem or group"),
        ({"consumer": "group:nobody"}, "no member, subsystem or group"),
        ({"contract": "no.v1.Such"}, "nobody offers 'no.v1.Such'"),
        ({"provider": CLIENT}, "does not offer a service"),
        ({"provider": CLIENT, "contract": CONTRACT}, f"does not offer {CONTRACT}"),
        ({"methods": ["Get it"]}, "not a method's name"),
        ({"nth": "0"}, "calls count from 1"),
        ({"nth": "3-1"}, "calls count from 1"),
        ({"nth": "*/0"}, "calls count from 1"),
        ({"nth": "1,,2"}, "calls count from 1"),
        ({"nth": "first"}, "calls count from 1"),
        ({"count": "everybody"}, "not one of rule, consumer, message"),
        ({"hours": "8-12"}, "no time of day such as 08:00-12:00"),
        ({"hours": "25:00-26:00"}, "no time of day"),
        ({"days": ["Monday"]}, "not one of Mon, Tue"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_rule_that_cannot_be_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(RegistryError, match=why):
        check_change(registry(), parse(msgspec.to_builtins(registry(fault(**fields)))), {})


@pytest.mark.parametrize("share", [0, 3, -0.5])
def test_a_share_is_a_part_of_the_calls(share: float) -> None:
    with pytest.raises(RegistryError, match="share"):
        parse(msgspec.to_builtins(registry(fault(share=share))))


def test_rules_are_bounded_and_each_is_there_once() -> None:
    with pytest.raises(RegistryError, match="is there twice"):
        parse(msgspec.to_builtins(registry(fault(), fault())))
    many = [fault(id=f"f{number}") for number in range(faults.MOST + 1)]
    with pytest.raises(RegistryError, match="200 are allowed"):
        parse(msgspec.to_builtins(registry(*many)))


def test_a_new_exchange_file_keeps_the_faults_that_were_set_at_run_time() -> None:
    before, file = registry(fault(id="old")), registry(fault(id="new"))
    current = registry(fault(id="old"), fault(id="mine"))
    assert {rule.id for rule in revised(current, before, file).faults} == {"new", "mine"}


def test_what_was_found_for_callers_is_forgotten_before_it_grows_without_end() -> None:
    rules = Faults([fault()])
    for number in range(20_001):
        assert rules.matching("c", lambda _: ["c"], PROVIDER, f"{CONTRACT}/{number}", "", "", NOW)
    assert len(rules._found) <= 10_000


def test_a_malformed_rule_never_reaches_the_gateway() -> None:
    with pytest.raises(FaultError):
        faults.check("faults[0]", fault(do="explode"), [], [])
