"""How long calls were in the gateways until their answers could leave, which the ledger itself cannot know.

The record of a call is stamped before it is committed to the journal. The gateways' metrics pages count every unary
call that was forwarded, until its record is committed; reading them before and after a run costs no call anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from ndxp.sandbox.state import State

_DURATIONS, _STARTED = "ndxp_exchange_duration_seconds", "process_start_time_seconds"
_PATIENCE = 4.0


@dataclass(slots=True)
class Spent:
    """The number of calls of a method, and their total time in seconds."""

    calls: float = 0.0
    seconds: float = 0.0


Pages = dict[tuple[str, float], dict[str, Spent]]
"""By gateway worker (address of its page, time of its start) and method (``package.Service/Method``)."""


def read(state: State) -> Pages:
    """The counts of the workers until now; empty when a page cannot be read or the exchange is elsewhere."""
    addresses = [one.metrics for one in state.processes if one.name.startswith("gateway") and one.metrics]
    try:
        return dict(_read(address) for address in addresses)
    except httpx.HTTPError:
        return {}


def between(before: Pages, after: Pages) -> Mapping[str, Spent]:
    """What all workers counted in between, by method; empty when one of them was restarted."""
    found: dict[str, Spent] = {}
    if before.keys() == after.keys():
        for worker, counted in after.items():
            for method, now in counted.items():
                then, total = before[worker].get(method, Spent()), found.setdefault(method, Spent())
                total.calls += now.calls - then.calls
                total.seconds += now.seconds - then.seconds
    return found


def _read(address: str) -> tuple[tuple[str, float], dict[str, Spent]]:
    # Without verify=False, httpx first reads all certificates, which plain HTTP does not need.
    answer = httpx.get(f"http://{address}/metrics", timeout=_PATIENCE, trust_env=False, verify=False)  # noqa: S501
    page = answer.raise_for_status().text
    started, found = 0.0, dict[str, Spent]()
    for sample in (sample for family in text_string_to_metric_families(page) for sample in family.samples):
        if sample.name == _STARTED:
            started = sample.value
        elif sample.name == f"{_DURATIONS}_count":
            found.setdefault(sample.labels["method"], Spent()).calls += sample.value
        elif sample.name == f"{_DURATIONS}_sum":
            found.setdefault(sample.labels["method"], Spent()).seconds += sample.value
    return (address, started), found
