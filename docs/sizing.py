"""Writes the sizing table of the guide from what was measured: ``python docs/sizing.py``.

Measured are the costs of one transaction (docs/performance.json, docs/performance.md). The table multiplies them, and
says so: nobody has run an exchange of these sizes.
"""

import json
import math
from pathlib import Path

HERE = Path(__file__).parent
GUIDE = HERE / "guides" / "operate.md"
BEGIN, END = "<!-- sizing: written by docs/sizing.py -->\n", "<!-- end of sizing -->\n"

_SIDES = json.loads((HERE / "performance.json").read_text(encoding="utf-8"))["sides"]
_WHOLE = _SIDES["gateway, journal and recorder"]["by_process_us"]
GATEWAY, STORE = _WHOLE["worker"] / 1e6, _WHOLE["store"] / 1e6
"""Seconds of CPU for a transaction."""
ENVOY = _SIDES["Envoy + Python ext_authz"]["by_process_us"]["envoy"] / 1e6
"""The same; too high for this Envoy, because that one asked an authorizer too."""

IDLING = 0.22 * 0.53 * 2 / (13_918 / 60)
"""The gateway's again, from the load test ndxp-peak: its share of the CPU used, by transactions a second. A worker that
has little to do takes longer for each, and this mix has streams."""

RECORDED = 6_747
"""Records a second that one recorder wrote to PostgreSQL."""
ROW = 1_075
"""Bytes on PostgreSQL's disk for a record."""
VERIFIED = 1_900_000 / 29.9
"""Records a second that `ndxp log verify` went through, on PostgreSQL."""
ENTRY = 785
"""Bytes of Redis' memory for a record in the journal (MEMORY USAGE, the records of benchmarks/ledger.py)."""

RECORDS = 1.07
"""Records of a transaction in the mix of 2022: two where something may change and for streams, 7 of 105.5; else one."""
PEAK = 3.2
"""The busiest hour of the busiest day beside the mean of all days: profile ndxp-2022, its morning and its month-end."""
FULL = 0.6
"""How busy a core is planned to be at the peak."""
OUTAGE = 600
"""Seconds without a recorder that the journal is to hold."""

DAY = 86_400
SIZES = {"NDXP 2022": 1.9e6, "X-tee, Estonia": 21.27e6, "Trembita, Ukraine": 32.8e6, "a billion": 1e9}
"""Transactions a day: reported, but for the last."""


def peak(day: float) -> float:
    """Transactions a second at the peak."""
    return day / DAY * PEAK


def gateways(day: float, cost: float = GATEWAY) -> int:
    """Workers, each with a core of its own, and one to spare."""
    return math.ceil(peak(day) * cost / FULL) + 1


def column(day: float) -> list[tuple[str, str, str]]:
    """What so many transactions a day need: what, how it is computed, how much."""
    rate, records = peak(day), peak(day) * RECORDS
    return [
        ("transactions a day", "reported", f"{day:,.0f}"),
        ("a second, mean", "/ 86,400", f"{day / DAY:,.0f}"),
        ("a second, peak", f"x {PEAK}", f"{rate:,.0f}"),
        ("cores of gateways, peak", f"x {GATEWAY * 1e6:.0f} µs", f"{rate * GATEWAY:,.2f}"),
        ("**gateways**", f"cores / {FULL}, and one to spare", f"**{gateways(day)}**"),
        ("the same with the cost in a load test", f"x {IDLING * 1e6:,.0f} µs", f"{gateways(day, IDLING)}"),
        ("cores of Envoy, peak", f"x {ENVOY * 1e6:.0f} µs, at most", f"{rate * ENVOY:,.2f}"),
        ("records a second, peak", f"x {RECORDS}", f"{records:,.0f}"),
        ("**the one recorder that writes**", f"/ {RECORDED:,}", f"**{records / RECORDED:.0%}**"),
        ("Redis' one thread", f"x {STORE * 1e6:.0f} µs", f"{rate * STORE:.1%}"),
        ("into the journal, MB/s, peak", f"records x {ENTRY} B", f"{records * ENTRY / 1e6:,.2f}"),
        ("records waiting after 10 min without recorder", f"records x {OUTAGE}", f"{records * OUTAGE:,.0f}"),
        ("Redis' memory for them, GB", f"x {ENTRY} B", f"{records * OUTAGE * ENTRY / 1e9:,.2f}"),
        ("log, GB a day", f"day x {RECORDS} x {ROW:,} B", f"{day * RECORDS * ROW / 1e9:,.1f}"),
        ("log, TB a year", "x 365", f"{day * RECORDS * ROW * 365 / 1e12:,.1f}"),
        ("minutes to verify a day's log", f"records / {VERIFIED:,.0f}/s", f"{day * RECORDS / VERIFIED / 60:,.1f}"),
    ]


def table() -> str:
    """The table, and where the parts that cannot be multiplied are at their end."""
    columns = [column(day) for day in SIZES.values()]
    head = [["", "how", *SIZES], ["---", "---", *("---:" for _ in SIZES)]]
    rows = head + [[*same[0][:2], *(value for _, _, value in same)] for same in zip(*columns, strict=True)]
    recorder, store = RECORDED / RECORDS / PEAK * DAY, FULL / STORE / PEAK * DAY
    ends = (
        f"One recorder is at its end at {recorder / 1e6:,.0f} million transactions a day (records at the peak = "
        f"{RECORDED:,}/s), Redis at {FULL:.0%} of its thread at {store / 1e6:,.0f} million."
    )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows) + f"\n{ends}\n"


def render(guide: str) -> str:
    """The guide with the table as it is now."""
    before, _, rest = guide.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    GUIDE.write_text(render(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
