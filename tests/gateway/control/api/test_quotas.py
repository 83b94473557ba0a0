"""The admin API's quotas."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ndxp.testing import RunningExchange

CONSUMER = "VN/GOV/G34/lgsp"
"""A subsystem that no other test calls with."""


@pytest.fixture
def admin(exchange: RunningExchange) -> Iterator[httpx.Client]:
    yield exchange.admin
    exchange.admin.delete("quotas", params={"consumer": CONSUMER})


def put(admin: httpx.Client, **body: Any) -> httpx.Response:
    return admin.put("quotas", json=body)


def listed(admin: httpx.Client, consumer: str = "") -> dict[str, dict[str, Any]]:
    answer = admin.get("quotas", params={"consumer": consumer})
    answer.raise_for_status()
    return {line["consumer"]: line for line in answer.json()}


def test_a_consumer_gets_a_quota_and_what_is_left_out_stays(admin: httpx.Client) -> None:
    default = listed(admin)["default"]
    answer = put(admin, consumer=CONSUMER, rate=5)
    assert answer.status_code == 200
    assert answer.json() == {**default, "consumer": CONSUMER, "rate": 5, "own": True, "left": None, "today": None}
    put(admin, consumer=CONSUMER, daily=70).raise_for_status()
    assert listed(admin)[CONSUMER] == {**answer.json(), "daily": 70}


def test_a_quota_that_is_removed_is_the_default_again(admin: httpx.Client) -> None:
    put(admin, consumer=CONSUMER, rate=5).raise_for_status()
    assert admin.delete("quotas", params={"consumer": CONSUMER}).status_code == 204
    assert CONSUMER not in listed(admin)
    line = listed(admin, CONSUMER)[CONSUMER]
    assert (line["rate"], line["own"]) == (listed(admin)["default"]["rate"], False)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"rate": 5}, "name a subsystem"),
        ({"consumer": "VN/COM/nobody/app", "rate": 5}, "'VN/COM/nobody/app' is not among"),
        ({"consumer": CONSUMER, "rate": 0}, ">= 0.001"),
        ({"consumer": CONSUMER, "rate": "many"}, "$.rate"),
        ({"consumer": CONSUMER, "burst": 0}, "$.burst"),
        ({"consumer": CONSUMER, "daily": -1}, "$.daily"),
        ({"consumer": CONSUMER, "weekly": 5}, "weekly"),
    ],
)
def test_a_quota_that_makes_no_sense_is_refused_with_the_fault(
    admin: httpx.Client, body: dict[str, Any], what: str
) -> None:
    answer = put(admin, **body)
    assert answer.status_code == 422
    assert what in answer.json()["detail"]
    assert CONSUMER not in listed(admin)


@pytest.mark.parametrize("consumer", [CONSUMER, "default", ""])
def test_a_quota_that_is_not_there_cannot_be_removed(admin: httpx.Client, consumer: str) -> None:
    assert admin.delete("quotas", params={"consumer": consumer}).status_code == 404


def test_the_quota_of_somebody_unknown_is_not_shown(admin: httpx.Client) -> None:
    assert admin.get("quotas", params={"consumer": "VN/COM/nobody/app"}).status_code == 404
