"""``python -m drills.dashboards``: checks that Prometheus sees every process, and that every rule and panel has data.

It needs calls meanwhile, because rates have no data without them: `ndxp load run ndxp-average --duration 60`.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from ndxp.terminal import table

DASHBOARDS = Path(__file__).parents[1] / "deploy" / "grafana" / "dashboards"
_AGAIN = 2.0
"""Seconds until queries without data are asked again."""


class PrometheusRefused(Exception):
    """Prometheus does not answer or refuses a query; the text is for people."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its kind and name, what it shows, and whether that is good."""

    kind: str
    name: str
    shows: str
    good: bool


class Prometheus:
    """Its HTTP API."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def get(self, path: str, **query: str) -> Any:
        """The answer to a request; raises PrometheusRefused."""
        try:
            answer = httpx.get(f"{self._url}/api/v1/{path}", params=query, timeout=10)
            reply = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise PrometheusRefused(f"no answer of a Prometheus at {self._url}: {error}") from error
        if reply["status"] != "success":
            raise PrometheusRefused(f"{query.get('query', path)}: {reply['error']}")
        return reply["data"]

    def finding(self, kind: str, name: str, expression: str) -> Finding:
        """The present result of a query; it is good when it has a number."""
        try:
            result = self.get("query", query=expression)["result"]
        except PrometheusRefused as refused:
            return Finding(kind, name, str(refused), False)
        numbers = [float(series["value"][1]) for series in result]
        known = [number for number in numbers if not math.isnan(number)]
        shows = f"{len(numbers)} series, {min(known):.4g} to {max(known):.4g}" if known else f"{len(numbers)} series"
        return Finding(kind, name, shows, bool(known))


def look(prometheus: Prometheus, without: Sequence[str]) -> Iterator[Finding]:
    """All checks except the groups of rules ``without``. Raises PrometheusRefused."""
    for target in prometheus.get("targets", state="active")["activeTargets"]:
        labels = target["labels"]
        name = f"{labels['job']} {labels.get('process', '')} {labels['instance']}"
        yield Finding("target", name, target["lastError"] or target["health"], target["health"] == "up")
    for group in prometheus.get("rules")["groups"]:
        for rule in group["rules"]:
            if rule["health"] != "ok":
                yield Finding("rule", rule["name"], rule.get("lastError", rule["health"]), False)
            elif rule["type"] == "alerting":
                yield Finding("alert", rule["name"], rule["state"], rule["state"] != "firing")
            elif group["name"] not in without:
                yield prometheus.finding("rule", rule["name"], rule["name"])
    for file in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            for target in panel["targets"]:
                name = f"{file.stem}: {panel['title']} {target['legendFormat']}".strip()
                yield prometheus.finding("panel", name, target["expr"])


def main() -> int:
    """Exit code 0 when everything shows something and no alert fires, 1 when not."""
    parser = argparse.ArgumentParser(prog="python -m drills.dashboards", description=__doc__)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090", metavar="URL", help="(http://127.0.0.1:9090)")
    parser.add_argument("--without", action="append", default=[], metavar="GROUP", help="rules that have no data here")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait for what has no data yet (60)")
    given = parser.parse_args()
    console = Console(width=140, highlight=False, markup=False)
    try:
        found = _look_again(Prometheus(given.prometheus), given.without, given.patience)
    except PrometheusRefused as refused:
        console.print(f"broken off: {refused}")
        return 1
    good = sum(each.good for each in found)
    rows = [("ok" if each.good else "NOT OK", each.kind, each.name, each.shows) for each in found]
    console.print(table(("", "kind", "name", "shows"), rows))
    console.print(f"{good} of {len(found)} as they have to be")
    return 0 if good == len(found) else 1


def _look_again(prometheus: Prometheus, without: Sequence[str], patience: float) -> list[Finding]:
    """Checks until everything is good, or for ``patience`` seconds."""
    until = time.monotonic() + patience
    while True:
        found = list(look(prometheus, without))
        if all(each.good for each in found) or time.monotonic() > until:
            return found
        time.sleep(_AGAIN)


if __name__ == "__main__":
    sys.exit(main())
