"""The X-Road door of a running exchange, as one of its members meets it."""

from collections.abc import Iterator

import httpx
import pytest

from ndxp.testing import RunningExchange
from tests.gateway.rest.conftest import ONE_STOP

POPULATION = "/r1/VN/GOV/G01/population"
VERIFY = f"{POPULATION}/PopulationService/VerifyCitizen"


def asking(exchange: RunningExchange, client: str) -> httpx.Client:
    """HTTP as a subsystem: with its token, and with the header field that X-Road asks for."""
    headers = {"authorization": f"Bearer {exchange.tokens(client).blocking()}", "x-road-client": client}
    return httpx.Client(base_url=exchange.rest_url, headers=headers, timeout=60)


@pytest.fixture
def r1(exchange: RunningExchange) -> Iterator[httpx.Client]:
    """The door as the one-stop system of Hà Nội meets it."""
    with asking(exchange, ONE_STOP) as http:
        yield http
