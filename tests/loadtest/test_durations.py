"""What gateways count of their calls, read from their metrics pages."""

import dataclasses
import json

from loadtest import durations
from loadtest.durations import Spent
from ndxp.testing import RunningExchange
from tests.ndxp.cli.command import ndxp
from tests.support.made import METHODS, VERIFY

METHOD = METHODS[VERIFY]
NOBODY = {"citizenNumber": "001090000001", "fullName": "Nguyễn Văn A", "birthDate": "1990-01-01"}


def test_every_worker_is_asked_and_what_it_did_in_between_is_told(exchange: RunningExchange) -> None:
    before = durations.read(exchange.state)
    assert ndxp("call", METHOD, json.dumps(NOBODY), folder=exchange.folder).code == 0
    after = durations.read(exchange.state)
    assert len(after) == sum(process.name.startswith("gateway") for process in exchange.state.processes)
    found = durations.between(before, after)[METHOD]
    assert found.calls == 1
    assert 0 < found.seconds < 60


def test_a_page_that_cannot_be_read_tells_nothing(exchange: RunningExchange) -> None:
    elsewhere = [
        dataclasses.replace(process, environment={"NDXP_METRICS_ADDRESS": "127.0.0.1:1"})
        for process in exchange.state.processes
    ]
    assert durations.read(dataclasses.replace(exchange.state, processes=elsewhere)) == {}


def test_workers_add_up_and_one_that_was_started_anew_tells_nothing() -> None:
    before = {("a", 1.0): {METHOD: Spent(10, 1)}, ("b", 1.0): {}}
    after = {("a", 1.0): {METHOD: Spent(12, 1.5)}, ("b", 1.0): {METHOD: Spent(3, 0.5)}}
    assert durations.between(before, after) == {METHOD: Spent(5, 1)}
    again = {("a", 2.0): {METHOD: Spent(12, 1.5)}, ("b", 1.0): {}}
    assert durations.between(before, again) == {}
