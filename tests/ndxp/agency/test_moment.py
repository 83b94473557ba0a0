"""Moments that callers state: those of the calendar are read, others are refused with the field."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from ndxp.agency.moment import read_moment
from ndxp.errors import AgencyError, Code


def test_a_moment_is_read_in_microseconds() -> None:
    assert read_moment(Timestamp(seconds=1, nanos=2_000), "since") == 1_000_002


@pytest.mark.parametrize("at", [Timestamp(seconds=2**62), Timestamp(seconds=-(2**62)), Timestamp(nanos=-1)])
def test_a_moment_outside_of_the_calendar_is_refused(at: Timestamp) -> None:
    with pytest.raises(AgencyError) as refused:
        read_moment(at, "notice.arrived_at")
    error = refused.value
    assert (error.code, error.reason, error.field) == (
        Code.INVALID_ARGUMENT, "ARRIVED_AT_MALFORMED", "notice.arrived_at"
    )  # fmt: skip
