"""Scraping: what the metrics pages of processes say."""

from collections.abc import Iterable

import httpx
from prometheus_client.core import Sample
from prometheus_client.parser import text_string_to_metric_families

from ndxp.sandbox.ports import HOST, free_port


def free_address() -> str:
    return f"{HOST}:{free_port()}"


def scrape(address: str) -> list[Sample]:
    """All samples of a page."""
    answer = httpx.get(f"http://{address}/metrics", timeout=20)
    answer.raise_for_status()
    return [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]


def total(samples: Iterable[Sample], name: str, **labels: str) -> float:
    """The sum of the samples with this name and these labels, as PromQL would add them up."""
    return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())
