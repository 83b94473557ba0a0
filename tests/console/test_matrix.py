"""The matrix of rights says what the exchange itself says."""

from console.matrix import consumers, rows
from ndxp.testing import RunningExchange

SERVICE = "ndxp.population.v1.PopulationService"


def test_the_matrix_names_the_grants_that_the_exchange_applies(exchange: RunningExchange) -> None:
    get = exchange.admin.get
    service = next(each for each in get("services").json() if each["contract"] == SERVICE)
    found = rows(service, get("members").json(), get("grants").json())
    for row in (found[0], found[len(found) // 2], found[-1]):
        applied = {each["id"] for each in get("grants", params={"consumer": row.consumer}).json()}
        named = {grant["id"] for grants in row.grants.values() for grant in grants}
        of_others = {each["id"] for each in get("grants").json() if each["contract"] != SERVICE}
        assert named == applied - of_others
    for method, grants in found[0].grants.items():
        asked = {"client": found[0].consumer, "method": f"{SERVICE}/{method}", "provider": service["provider"]}
        for purpose in ["", *(purpose for grant in grants for purpose in grant["purposes"])]:
            decision = get("decisions", params=asked | ({"purpose": purpose} if purpose else {})).json()
            assert not decision["allowed"] or decision["grant"]["id"] in {grant["id"] for grant in grants}


def test_a_grant_means_a_subsystem_by_member_and_groups_and_its_twins_too() -> None:
    member = {"id": "VN/GOV/H26", "groups": ["provinces"], "twins": {"test": "one-stop"}}
    original = {
        "VN/GOV/H26/one-stop", "VN/GOV/H26", "group:all", "group:all/one-stop", "group:provinces",
        "group:provinces/one-stop",
    }  # fmt: skip
    own = {"VN/GOV/H26/test", "group:all/test", "group:provinces/test"}
    assert consumers(member, "one-stop") == original
    assert consumers(member, "test") == original | own
