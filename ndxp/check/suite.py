"""The one list of what is checked of an agency, in its order."""

from collections.abc import Callable, Iterator, Sequence

from ndxp.check.deadlines import check_deadlines
from ndxp.check.errors import check_echo
from ndxp.check.gateway_only import check_gateway_only
from ndxp.check.health import check_health
from ndxp.check.line import Line
from ndxp.check.mutations import check_mutations
from ndxp.check.onward import check_onward
from ndxp.check.paging import check_paging
from ndxp.check.provider import Provider
from ndxp.check.reflection import check_reflection
from ndxp.check.release import check_release
from ndxp.check.result import Result
from ndxp.check.stop import check_stop
from ndxp.check.style import check_style
from ndxp.check.subjects import check_subjects
from ndxp.check.wrong_input import check_wrong_input

Check = Callable[[Line], Iterator[Result]]

CHECKS: Sequence[Check] = (
    check_reflection, check_style, check_health, check_gateway_only, check_release, check_subjects, check_mutations,
    check_paging, check_deadlines, check_echo, check_wrong_input, check_onward,
)  # fmt: skip
"""What is checked of each contract."""


class AgencyAway(Exception):
    """The agency does not take connections; the text says where."""


def check(contracts: Sequence[Provider]) -> Iterator[Result]:
    """Checks the contracts of one provider, and at last how it stops. Raises AgencyAway."""
    for provider in contracts:
        with Line(provider) as line:
            if not line.wait():
                raise AgencyAway(f"{provider.subsystem} does not take connections at {provider.address}")
            for part in CHECKS:
                yield from part(line)
    yield check_stop(contracts[-1])
