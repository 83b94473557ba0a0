"""What agencies bring into a registry by themselves."""

from typing import Any

import pytest

from gateway.core.agencies import ACCESS_LOG, OPERATORS, add_agencies
from gateway.core.registry import Grant, Member, Registry, RegistryError, check
from ndxp.agency.parts import Part

LAND, TAX = "VN/GOV/G13/land", "VN/GOV/G12/tax"
CONTRACT = "land.v1.LandService"
EXCHANGE = Registry(
    "VN",
    [
        Member("VN/GOV/G12", "Finance", subsystems=["lgsp", "tax"]),
        Member("VN/GOV/G13", "Land", subsystems=["lgsp"]),
        Member("VN/GOV/G22", "Office", subsystems=["operations"]),
        *(Member(f"VN/GOV/{code}", code, groups=["provinces"], subsystems=["hospital"]) for code in ("H01", "H02")),
    ],
)


def part(**said: Any) -> Part:
    usual = {"title": "", "about": "", "title_vi": "", "about_vi": "", "subsystems": [LAND], "contracts": [CONTRACT]}
    return Part(**{**usual, "name": "land_office", **said})


def added(registry: Registry = EXCHANGE, **said: Any) -> Registry:
    """The exchange with an agency in it."""
    made, left_out = add_agencies(registry, [part(**said)], dict.fromkeys(said.get("subsystems", [LAND]), "land:1"))
    check(made)
    assert left_out == []
    return made


def grants(registry: Registry) -> dict[str, Grant]:
    return {grant.id: grant for grant in registry.grants}


def test_an_agency_joins_its_member_and_offers_its_contract_and_its_access_log() -> None:
    made = added()
    assert {m.id: m.subsystems for m in made.members}["VN/GOV/G13"] == ["lgsp", "land"]
    assert [(s.provider, s.contract, s.address) for s in made.services] == [
        (LAND, CONTRACT, "land:1"),
        (LAND, ACCESS_LOG, "land:1"),
    ]
    assert grants(made)["operations-land-office"] == Grant("operations-land-office", OPERATORS, LAND, ACCESS_LOG, ["*"])


def test_grants_are_the_agencys_own_and_asks_are_taken_as_given() -> None:
    given = {"id": "land-tax", "consumer": TAX, "methods": ["Look"]}
    asked = {
        "id": "tax-of-land",
        "provider": TAX,
        "contract": "tax.v1.Tax",
        "methods": ["Pay"],
        "purposes": ["transfer"],
    }
    made = grants(added(grants=[given], asks=[asked]))
    assert made["land-tax"] == Grant("land-tax", TAX, LAND, CONTRACT, ["Look"])
    assert made["tax-of-land"] == Grant("tax-of-land", LAND, TAX, "tax.v1.Tax", ["Pay"], ["transfer"])


def test_a_grant_of_somebody_who_is_not_there_is_left_out_and_told() -> None:
    asked = {"id": "police", "provider": "VN/GOV/G01/population", "contract": "a.B", "methods": ["*"]}
    given = {"id": "shops", "consumer": "group:shops", "methods": ["*"]}
    made, left_out = add_agencies(EXCHANGE, [part(grants=[given], asks=[asked])], {LAND: "land:1"})
    check(made)
    assert not grants(made).keys() & {"police", "shops"}
    assert left_out == [
        "land_office/exchange.yaml: the grant shops, as nobody here is group:shops",
        "land_office/exchange.yaml: the grant police, as nobody here is VN/GOV/G01/population",
    ]


def test_an_agency_of_several_subsystems_has_its_grants_for_each_and_under_names_of_their_own() -> None:
    both = ["VN/GOV/H01/one-stop", "VN/GOV/H02/one-stop"]
    said = [
        {"id": "all", "consumer": "group:provinces", "methods": ["*"]},
        {"id": "first", "consumer": TAX, "provider": both[0], "methods": ["Look"]},
    ]
    asked = {"id": "tax", "provider": TAX, "contract": "tax.v1.Tax", "methods": ["Pay"]}
    made = added(subsystems=both, grants=said, asks=[asked])
    found = {grant.id: (grant.consumer, grant.provider) for grant in made.grants}
    assert found == {
        "all-H01": ("group:provinces", both[0]), "all-H02": ("group:provinces", both[1]), "first": (TAX, both[0]),
        "tax-H01": (both[0], TAX), "tax-H02": (both[1], TAX),
        "operations-land-office-H01": (OPERATORS, both[0]), "operations-land-office-H02": (OPERATORS, both[1]),
    }  # fmt: skip


def test_an_exchange_without_operators_gives_them_nothing() -> None:
    assert added(Registry("VN", [Member("VN/GOV/G13", "Land")])).grants == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"subsystems": ["VN/GOV/G99/land"]}, "no member VN/GOV/G99, whose subsystem VN/GOV/G99/land would be"),
        ({"grants": [{"id": "a", "methods": ["*"]}]}, "grants[0]: Object missing required field `consumer`"),
        ({"grants": [{"consumer": TAX, "methods": ["*"]}]}, "grants[0]: "),
        ({"grants": [{"id": "a", "consumer": TAX, "methods": ["*"], "field": []}]}, "unknown field `field`"),
        (
            {"asks": [{"id": "a", "methods": ["*"], "contract": "a.B"}]},
            "asks[0]: Object missing required field `provider`",
        ),
        (
            {"contracts": [CONTRACT, "land.v1.Other"], "grants": [{"id": "a", "consumer": TAX, "methods": ["*"]}]},
            "grants[0]: Object missing required field `contract`",
        ),
    ],
)
def test_what_cannot_be_added_names_the_agency_and_the_place(said: dict[str, Any], why: str) -> None:
    with pytest.raises(RegistryError) as refused:
        add_agencies(EXCHANGE, [part(**said)], dict.fromkeys(said.get("subsystems", [LAND]), "land:1"))
    assert str(refused.value).startswith("land_office/exchange.yaml: ")
    assert why in str(refused.value)
