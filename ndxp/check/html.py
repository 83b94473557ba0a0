"""The report of a check as a page, which needs nothing else: no script, no other file."""

from collections.abc import Mapping
from html import escape
from string import Template
from typing import Any

from ndxp.check.result import Status

_ORDER = (Status.FAILED, Status.KNOWN, Status.SKIPPED, Status.PASSED)
_TOLD = ("sent", "came", "right", "why", "guide", "note")
_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Check of $provider</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-top: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
td:nth-child(2) { white-space: nowrap; }
dl { margin: 0; } dt { color: #555; font-size: .85em; } dd { margin: 0 0 .3rem; }
.failed { color: #a00; font-weight: 600; } .passed { color: #060; }
pre { background: #f4f4f4; overflow-x: auto; padding: .6rem; }
</style>
<h1>Check of $provider</h1>
<p>$at, at $address, NDXP $version: $counts.</p>
<table>
<thead><tr><th>check<th>result<th>what was found</thead>
<tbody>
$rows
</tbody>
</table>
$signature
</html>
""")
_ROW = Template('<tr><td>$id<td class="$kind">$status<td>$told')


def page(report: Mapping[str, Any]) -> bytes:
    """The whole page, the failures first."""
    results = sorted(report["results"], key=lambda result: _ORDER.index(result["status"]))
    counts = ", ".join(f"{report['counts'][status]} {status}" for status in _ORDER)
    about = {name: escape(str(report[name])) for name in ("provider", "at", "address", "version")}
    rows = "\n".join(_ROW.substitute(_row(result)) for result in results)
    made = _PAGE.substitute(about, counts=counts, rows=rows, signature=_signature(report.get("signature", "")))
    return made.encode()


def _row(result: Mapping[str, Any]) -> dict[str, str]:
    told = "".join(f"<dt>{name}<dd>{escape(str(result[name]))}" for name in _TOLD if result.get(name))
    kind = "failed" if result["status"] == Status.FAILED else "passed" if result["status"] == Status.PASSED else ""
    return {"id": escape(result["id"]), "status": escape(result["status"]), "kind": kind, "told": f"<dl>{told}</dl>"}


def _signature(note: str) -> str:
    if not note:
        return "<p>The exchange has not signed this report.</p>"
    return f"<p>The exchange has signed the JSON of this report:</p>\n<pre>{escape(note)}</pre>"
