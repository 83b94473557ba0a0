"""Renders charts with Helm's own engine, in a process of its own: its Go runtime is no guest of the tests' process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "deploy" / "kubernetes" / "ndxp"
NAMESPACE = "exchange"
NOTES = "NOTES.txt"


def render(*cases: dict[str, Any]) -> list[dict[str, str]]:
    """For each case of values the rendered text by the template's name, or under ``error`` why Helm refuses them."""
    ran = subprocess.run(
        [sys.executable, __file__], input=json.dumps(cases), capture_output=True, encoding="utf-8", check=True
    )
    found: list[dict[str, str]] = json.loads(ran.stdout)
    return found


def objects(rendered: dict[str, str]) -> list[dict[str, Any]]:
    """The Kubernetes objects of a rendering; raises when Helm refused it."""
    assert "error" not in rendered, rendered["error"]
    texts = [text for name, text in rendered.items() if name != NOTES]
    return [parsed for text in texts for parsed in yaml.safe_load_all(text) if parsed]


def _render(cases: list[dict[str, Any]]) -> list[dict[str, str]]:
    import helm_python

    found = []
    with helm_python.Chart.load(CHART) as chart:
        for values in cases:
            try:
                rendered = chart.render(values, name="ndxp", namespace=NAMESPACE, revision=1)
                found.append({name.rpartition("/")[2]: text for name, text in rendered.items()})
            except helm_python.HelmError as error:
                found.append({"error": str(error)})
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_render(json.load(sys.stdin))))
