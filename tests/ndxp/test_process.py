"""What every process does alike: its settings, its log."""

import asyncio
import io
import json
import logging
import os
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from ndxp.process import ProcessSettings, start_logging, until_pulse, wrong_settings

Start = Callable[..., io.StringIO]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts the log of a process, as the first one to do so, and gives what is written to stderr."""

    def start(process: str, **settings: Any) -> io.StringIO:
        written = io.StringIO()
        monkeypatch.setattr("sys.stderr", written)
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        monkeypatch.setattr(logging.getLogger(), "level", logging.WARNING)
        start_logging(ProcessSettings(**settings), process)
        return written

    return start


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_text_for_people_unless_asked_otherwise(log: Start) -> None:
    written = log("gateway")
    logging.getLogger("gateway").info("takes calls on %s", "here")
    assert written.getvalue().endswith(" INFO gateway takes calls on here\n")


def test_a_line_is_an_object_when_asked(log: Start) -> None:
    written = log("gateway", log_format="json")
    logging.getLogger("gateway.dataplane").warning('said "%s"\nand more', "đã")
    [line] = lines(written)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning", "process": "gateway", "pid": os.getpid(), "logger": "gateway.dataplane",
        "message": 'said "đã"\nand more',
    }  # fmt: skip


def test_a_line_about_a_call_names_its_transaction(log: Start) -> None:
    written = log("services", log_format="json")
    logging.getLogger("x").error("failed", extra={"transaction_id": "01990000-0000-7000-8000-000000000000"})
    assert lines(written)[0]["transaction_id"] == "01990000-0000-7000-8000-000000000000"


def test_where_something_failed_is_in_the_same_line(log: Start) -> None:
    written = log("control", log_format="json")
    try:
        raise KeyError("lost")
    except KeyError:
        logging.getLogger("x").exception("failed")
    [line] = lines(written)
    assert line["traceback"].endswith("KeyError: 'lost'")


@pytest.mark.parametrize("wrong", [{"log_format": "xml"}, {"metrics_address": "9464"}, {"metrics_address": "host:"}])
def test_a_wrong_setting_is_named(wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    [(name, value)] = wrong.items()
    monkeypatch.setenv(f"NDXP_{name.upper()}", value)
    with pytest.raises(ValidationError) as raised:
        ProcessSettings()
    [line] = wrong_settings(raised.value)
    assert line.startswith(f"NDXP_{name.upper()}: ")


async def test_regular_duties_of_a_process_wake_at_the_same_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    for now, often, seldom in ((1234.7, 0.3, 0.3), (1234.9, 0.1, 0.1), (1235.2, 0.3, 0.8)):
        monkeypatch.setattr(loop, "time", lambda now=now: now)
        assert [until_pulse(0.5), until_pulse(1.0)] == pytest.approx([often, seldom])
