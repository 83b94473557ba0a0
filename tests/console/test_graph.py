"""The picture of who calls whom: which nodes and edges there are, and what they look like."""

import json
from collections import Counter
from typing import Any

from console.graph import CIRCUIT, Edge, Names, options, picture
from console.traffic import Calls, Flow

POPULATION = "VN/GOV/G01/population"
MEMBERS = [
    {"id": f"VN/GOV/H{number:02}", "name": f"Province {number}", "groups": ["provinces", "connected"]}
    for number in range(1, 64)
]
FAULT = {"id": "slow", "consumer": "group:provinces", "provider": POPULATION}


def names(*faults: dict[str, Any]) -> Names:
    return Names(MEMBERS, faults, {"provinces": "tỉnh"})


def flow(client: str, service: str = POPULATION, rate: float = 1.0, bad: float = 0.0, reason: str = "") -> Flow:
    return Flow(client, service, rate, bad, Calls(1, reasons=Counter([reason] if reason else [])), 5.0)


def test_the_subsystems_of_a_member_are_one_caller_with_the_sum_of_their_calls() -> None:
    drawn = picture([flow("VN/GOV/H01/hospital"), flow("VN/GOV/H01/schools", rate=2.0)], names(), grouped=False)
    assert drawn.edges == {("member VN/GOV/H01", "agency population"): Edge(rate=3.0)}
    assert drawn.nodes["member VN/GOV/H01"].name == "Province 1"


def test_members_of_a_group_are_one_node_if_that_is_wanted_and_those_without_a_group_stay_alone() -> None:
    flows = [flow(f"{member['id']}/hospital") for member in MEMBERS]
    drawn = picture([*flows, flow("VN/COM/x/app")], names(), grouped=True)
    callers = {each: node.rate for each, node in drawn.nodes.items() if not node.agency}
    assert callers == {"group tỉnh": 63.0, "member VN/COM/x": 1.0}


def test_an_agency_that_calls_another_stays_in_the_middle() -> None:
    drawn = picture(
        [flow("VN/GOV/H01/app", "VN/GOV/G01/passports"), flow("VN/GOV/G01/passports")], names(), grouped=False
    )
    assert ("agency passports", "agency population") in drawn.edges


def test_agencies_of_one_name_are_one_node_and_their_calls_come_from_their_members() -> None:
    one_stops = [f"VN/GOV/H0{number}/one-stop" for number in (1, 2)]
    flows = [*(flow("VN/COM/x/app", each) for each in one_stops), *map(flow, one_stops)]
    drawn = picture(flows, names(), grouped=False)
    assert drawn.nodes["agency one-stop"].name == "one-stop (2)"
    assert ("member VN/GOV/H02", "agency population") in drawn.edges


def test_refusals_circuits_and_faults_are_seen_on_the_edge() -> None:
    flows = [flow("VN/GOV/H01/app", bad=0.5, reason=CIRCUIT), flow("VN/COM/x/app")]
    drawn = picture(flows, names(FAULT), grouped=False)
    assert drawn.edges["member VN/GOV/H01", "agency population"] == Edge(1.0, 0.5, cut=True, faults={"slow"})
    assert drawn.edges["member VN/COM/x", "agency population"] == Edge(1.0)
    made = options(drawn)["series"][0]["links"]
    assert len({link["lineStyle"]["color"] for link in made}) == 2
    assert "slow" in made[1]["tooltip"]["formatter"]


def test_every_node_of_a_hundred_members_has_a_place_of_its_own() -> None:
    flows = [flow(f"{member['id']}/hospital", f"VN/GOV/G01/a{number % 20}") for number, member in enumerate(MEMBERS)]
    nodes = options(picture(flows, names(), grouped=False))["series"][0]["data"]
    assert len(nodes) == 83
    assert len({tuple(node["value"][:2]) for node in nodes}) == 83


def test_braces_in_a_name_are_not_read_by_the_chart() -> None:
    drawn = picture([flow("VN/COM/{a}/app", "VN/COM/x/{b|c}")], names(), grouped=False)
    for node in options(drawn)["series"][0]["data"]:
        assert "{" not in json.dumps([node["label"]["formatter"], node["tooltip"]["formatter"]])


def test_nothing_can_be_drawn_when_nobody_calls() -> None:
    assert options(picture([], names(), grouped=False))["series"][0]["data"] == []
