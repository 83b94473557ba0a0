"""The admin API's faults: what is added and removed, and what is refused with nothing stored."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ndxp.testing import RunningExchange

CONSUMER = "VN/GOV/G21/lgsp"
"""A subsystem that no other test calls with."""


@pytest.fixture
def admin(exchange: RunningExchange) -> Iterator[httpx.Client]:
    yield exchange.admin
    exchange.admin.delete("faults", params={"consumer": CONSUMER}).raise_for_status()


def fault(**fields: Any) -> dict[str, Any]:
    return {"do": "delay=1s", "valid_until": "2099-12-31", "consumer": CONSUMER, **fields}


def own(admin: httpx.Client) -> list[str]:
    """The ids of this file's faults."""
    return [each["id"] for each in admin.get("faults").json() if each["consumer"] == CONSUMER]


def test_faults_are_added_together_and_removed_by_id_scenario_or_consumer(admin: httpx.Client) -> None:
    added = admin.post("faults", json=[fault(), fault(scenario="api-test"), fault(id="api-mine")]).json()
    assert [each["on"] for each in added] == [True] * 3
    assert own(admin) == [each["id"] for each in added]
    admin.delete(f"faults/{added[0]['id']}").raise_for_status()
    admin.delete("faults", params={"scenario": "api-test"}).raise_for_status()
    assert own(admin) == ["api-mine"]
    admin.delete("faults", params={"consumer": CONSUMER}).raise_for_status()
    assert own(admin) == []
    assert admin.delete("faults/api-mine").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"methods": ["Frobnicate"]}, "no method of any service fits 'Frobnicate'"),
        ({"share": 3}, "share: 3 is no part of the calls"),
        ({"do": "delay=-1s"}, "'-1s' is no time such as 250ms, 2s, 10m or 1h"),
        ({"do": "code=UNAVAILBLE"}, "did you mean UNAVAILABLE?"),
        ({"valid_until": ""}, "a fault has an end"),
        ({"valid_until": "2020-01-01"}, "it would never be on"),
        ({"provider": "VN/GOV/H26/hospital"}, "does not offer a service"),
        ({"do": "delay=1s", "frequency": 2}, "unknown field `frequency`"),
    ],
    ids=str,
)
def test_with_one_fault_that_makes_no_sense_none_is_stored(
    admin: httpx.Client, wrong: dict[str, Any], says: str
) -> None:
    refused = admin.post("faults", json=[fault(), fault(**wrong)])
    assert refused.status_code in (409, 422)
    detail = refused.json()["detail"]
    assert says in detail
    assert "\n" not in detail
    assert own(admin) == []


def test_a_fault_without_an_end_is_refused(admin: httpx.Client) -> None:
    refused = admin.post("faults", json=[{"do": "delay=1s", "consumer": CONSUMER}])
    assert refused.status_code in (409, 422)
    assert "valid_until" in refused.json()["detail"]
    assert own(admin) == []
