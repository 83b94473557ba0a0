"""Every agency of this repository passes the check of agencies; it makes some thousand calls of each."""

import pytest

from ndxp.testing import RunningExchange
from tests.ndxp.cli.command import environment, run_main
from tests.support.agencies import PARTS

pytestmark = pytest.mark.drill

PROVIDERS = ["VN/GOV/G22/exchange", *(part.subsystems[0] for part in PARTS.values())]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_agency_passes(exchange: RunningExchange, monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    for name, value in environment(exchange.folder).items():
        monkeypatch.setenv(name, value)
    ran = run_main("check", "agency", provider)
    assert ran.code == 0, ran.out
