"""Calls as a test sees them: chosen by their fields, and printed as a table."""

from typing import Any

import pytest

from ndxp.errors import Code
from ndxp.sandbox.calls import Call, Calls

CONTRACT = "ndxp.population.v1.PopulationService"
RECORD = {
    "seq": 1, "method": f"{CONTRACT}/VerifyCitizen", "service": "VN/GOV/G01/population", "status_code": 0, "reason": "",
    "fault": "", "attempt": 0, "replay_of": "", "origin": "provider", "purpose": "", "message_id": "", "user_id": "",
    "client": "VN/GOV/H26/test", "grant": "g", "transaction_id": "t-1", "request_in_ts": 1_000, "response_in_ts": 3_000,
    "response_out_ts": 3_500,
}  # fmt: skip


def call(**changes: Any) -> Call:
    return Call.of(RECORD | changes)


CALLS = Calls([
    call(status_code=14, reason="FAULT_INJECTED", fault="f-1", attempt=1), call(attempt=2),
    call(method=f"{CONTRACT}/GetCitizen"), call(method="other.v1.Other/VerifyCitizen"),
])  # fmt: skip


def test_a_call_says_what_was_called_how_it_ended_and_how_long_it_took() -> None:
    found = call(status_code=14)
    assert (found.contract, found.method, found.code, found.ms) == (CONTRACT, "VerifyCitizen", "UNAVAILABLE", 2.5)


def test_a_call_that_was_refused_at_once_took_as_long_as_nothing() -> None:
    assert call(response_in_ts=0, response_out_ts=0).ms == 0


@pytest.mark.parametrize(
    ("conditions", "count"),
    [
        ({}, 4), ({"method": "VerifyCitizen"}, 3), ({"method": f"{CONTRACT}/VerifyCitizen"}, 2),
        ({"code": Code.UNAVAILABLE}, 1), ({"code": "OK", "method": "GetCitizen"}, 1), ({"fault": "f-1"}, 1),
        ({"attempt": 2}, 1), ({"reason": "QUOTA_EXCEEDED"}, 0),
    ],
)  # fmt: skip
def test_calls_are_chosen_by_any_of_their_fields(conditions: dict[str, Any], count: int) -> None:
    assert len(CALLS.where(**conditions)) == count


def test_a_field_that_calls_do_not_have_is_named_with_those_that_they_have() -> None:
    with pytest.raises(TypeError, match=r"no 'status'; it has .*code.*reason"):
        CALLS.where(status="OK")


def test_one_field_of_all_calls_is_compared_in_one_line() -> None:
    assert CALLS[:2].codes == ["UNAVAILABLE", "OK"]
    assert CALLS[:2].attempts == [1, 2]
    assert CALLS.where(code="UNAVAILABLE").reasons == ["FAULT_INJECTED"]
    assert CALLS[2:].methods == ["GetCitizen", "VerifyCitizen"]


def test_calls_are_printed_as_a_table() -> None:
    [head, first, *_] = repr(CALLS).splitlines()
    assert head.split() == ["method", "provider", "code", "reason", "fault", "attempt", "ms", "transaction_id"]
    assert first.split() == [
        "VerifyCitizen", "VN/GOV/G01/population", "UNAVAILABLE", "FAULT_INJECTED", "f-1", "1", "2.5", "t-1"
    ]  # fmt: skip
    assert repr(Calls([])) == "no calls"
