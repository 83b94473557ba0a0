"""When a grant is valid: from and until a day (in Vietnam) or an instant."""

import math
import re
from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = 86_400.0


def begin(text: str) -> float:
    """The first moment of ``valid_from`` in seconds since 1970; -inf for an empty one.

    A date is the beginning of that day in Vietnam. Raises ValueError for anything but an RFC 3339 date or date-time.
    """
    return _seconds(text) if text else -math.inf


def end(text: str) -> float:
    """The moment from which ``valid_until`` is over, in seconds since 1970; inf for an empty one.

    A date is the end of that day in Vietnam. Raises ValueError as ``begin`` does.
    """
    if not text:
        return math.inf
    return _seconds(text) + (_DAY if _DATE.fullmatch(text) else 0.0)


def _seconds(text: str) -> float:
    if not _DATE.fullmatch(text) and not _INSTANT.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is neither a date (2026-12-31) nor an instant (2026-12-31T17:00:00+07:00)")
    moment = datetime.fromisoformat(text.upper())
    return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).timestamp()
