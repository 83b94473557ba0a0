"""Moments in requests: a Timestamp that a caller states."""

from google.protobuf.timestamp_pb2 import Timestamp

from ndxp.errors import invalid_argument


def read_moment(at: Timestamp, field: str) -> int:
    """The moment in µs since 1970 (UTC); raises AgencyError for one outside of the years 1 to 9999."""
    try:
        return at.ToMicroseconds()
    except ValueError:
        reason = f"{field.rpartition('.')[2].upper()}_MALFORMED"
        raise invalid_argument(
            reason, f"{field} must be a moment of the years 1 to 9999, with nanoseconds below a second", field
        ) from None
