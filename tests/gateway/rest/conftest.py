"""A running exchange, asked over HTTP."""

from collections.abc import Iterator

import httpx
import pytest

from ndxp.testing import RunningExchange

ONE_STOP = "VN/GOV/H26/one-stop"
POPULATION = "ndxp.population.v1.PopulationService"
VERIFY = f"/{POPULATION}/VerifyCitizen"


@pytest.fixture
def door(exchange: RunningExchange) -> Iterator[httpx.Client]:
    """The doors as the one-stop system of Hà Nội meets them."""
    token = exchange.tokens(ONE_STOP).blocking()
    with httpx.Client(base_url=exchange.rest_url, headers={"authorization": f"Bearer {token}"}, timeout=60) as http:
        yield http
