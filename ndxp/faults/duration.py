"""Times such as 250ms, 2s, 10m or 1h."""

import re

from ndxp.language import _

_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h)", re.ASCII)
_UNITS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_in(text: str) -> float:
    """The seconds of a time. Raises ValueError, whose text says what a time looks like."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(_("{time!r} is no time such as 250ms, 2s, 10m or 1h", time=text[:40]))
    return float(found[1]) * _UNITS[found[2]]
