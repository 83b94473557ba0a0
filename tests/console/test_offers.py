"""What is offered to be tried, and who may call it."""

from typing import Any

from console.offers import Offer, askers, differing, offers

MEMBERS = [
    {"id": f"VN/GOV/H{number}", "groups": ["provinces"], "subsystems": ["one-stop"], "twins": {}} for number in (1, 2)
]


def service(contract: str, provider: str, *methods: str, rest: bool = False) -> dict[str, Any]:
    codes = {"code": "http://127.0.0.1:1"} if rest else {}
    return {"contract": contract, "provider": provider, "methods": {name: {} for name in methods}, "rest": codes}


def grant(name: str, consumer: str, *fields: str) -> dict[str, Any]:
    return {
        "id": name, "consumer": consumer, "provider": "VN/GOV/G01/a", "contract": "a.A", "methods": ["Get*"],
        "fields": list(fields), "purposes": ["treatment"],
    }  # fmt: skip


def test_providers_of_one_contract_are_one_offer_and_what_has_no_methods_to_call_is_none() -> None:
    known = [
        service("b.B", "y", "Do"),
        service("a.A", "z"),
        service("b.B", "x", "Do"),
        service("r.R", "x", "Get", rest=True),
    ]
    assert offers(known) == [Offer("b.B", {"Do": {}}, ["x", "y"])]


def test_who_has_a_grant_is_an_asker_with_its_purpose() -> None:
    [offer] = offers([service("a.A", "VN/GOV/G01/a", "GetIt", "PutIt")])
    grants = [grant("first", "VN/GOV/H2"), grant("second", "VN/GOV/H2/one-stop")]
    [asker] = askers(offer, "GetIt", "VN/GOV/G01/a", MEMBERS, grants)
    assert (asker.consumer, asker.grant["id"], asker.purpose) == ("VN/GOV/H2/one-stop", "first", "treatment")
    assert askers(offer, "PutIt", "VN/GOV/G01/a", MEMBERS, grants) == []


def test_those_to_whom_other_fields_are_released_come_first() -> None:
    [offer] = offers([service("a.A", "VN/GOV/G01/a", "GetIt")])
    members: list[dict[str, Any]] = [
        {"id": name, "groups": [], "subsystems": ["s"], "twins": {}} for name in ("M1", "M2", "M3")
    ]
    grants = [grant("1", "M1", "x"), grant("2", "M2", "x"), grant("3", "M3")]
    known = askers(offer, "GetIt", "VN/GOV/G01/a", members, grants)
    assert [each.consumer for each in differing(known, 2)] == ["M1/s", "M3/s"]
    assert [each.consumer for each in differing(known, 3)] == ["M1/s", "M3/s", "M2/s"]
