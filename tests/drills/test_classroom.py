"""The class drill in its short form: three groups, without the pauses of people."""

import pytest

from drills.classroom import hold
from ndxp.testing import RunningExchange


@pytest.mark.drill
def test_groups_do_two_labs_at_once_and_see_only_their_own_calls(exchange: RunningExchange) -> None:
    found = hold(exchange.folder, groups=3, seconds=0, pause=0)
    assert (found.wrong, found.labs) == ([], 3)
    assert found.calls.count > 0
