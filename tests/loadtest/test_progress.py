"""What a run shows while it is under way."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from loadtest import progress
from loadtest.progress import Live
from loadtest.results import Second

SECONDS = [
    Second(at=at, planned=12_345, finished=12_300, failed=1234, dropped=1234, in_flight=999, p50_ms=5, p99_ms=1234.5)
    for at in range(5)
]

Shown = Callable[[int, bool], str]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """What the seconds of a step look like on a terminal of some columns, or where there is none."""

    def show(width: int, terminal: bool) -> str:
        into = io.StringIO()
        made = Console(file=into, width=width, force_terminal=terminal, no_color=True, force_interactive=terminal)
        monkeypatch.setattr(progress, "Console", lambda **_: made)
        with Live("step 3: 400/s, held 200", 12) as live:
            live.show(SECONDS)
            live.say("cooling down")
        return into.getvalue()

    return show


def test_the_rate_that_is_tried_is_said_before_its_figures_where_there_is_no_terminal(shown: Shown) -> None:
    assert [line.strip() for line in shown(80, False).splitlines()] == [
        "step 3: 400/s, held 200",
        "5 s: 12,300 of 12,345/s  p99 1,234.5 ms  errors 6,170  dropped 6,170  7 s left",
        "cooling down",
    ]


def test_a_wide_terminal_shows_a_bar_and_what_is_in_flight(shown: Shown) -> None:
    assert "in flight" not in shown(80, True)
    assert "━" not in shown(80, True)
    assert "━" in shown(120, True)


def test_seconds_without_a_successful_answer_have_no_p99(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SECONDS", [Second(at=4, planned=10, finished=10, failed=10)])
    assert "p99 – ms" in shown(80, False)


def test_programs_get_each_second_with_cpu_and_each_message_as_a_line_of_json() -> None:
    into = io.BytesIO()
    with Live("step", 5, quiet=True, into=into) as live:
        live.show(SECONDS[:1], {"gateway": 0.25})
        live.say("waiting for the recorder")
    first, second = map(json.loads, into.getvalue().splitlines())
    assert first["cpu"] == {"gateway": 0.25}
    assert (first["second"]["finished"], first["second"]["p99_ms"]) == (12_300, 1234.5)
    assert second == {"message": "waiting for the recorder"}


def test_a_full_disk_ends_the_lines_for_programs_and_not_the_run() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, Live("step", 5, quiet=True, into=full) as live:
        live.say("first")
        live.say("second")
