"""The report of a check as JSON, with the signature of the exchange; and its verification."""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from ndxp import __version__
from ndxp.check.result import Result, Status
from ndxp.ledger.checkpoint import Conformance, Key, NoteRefused

FORMAT = "ndxp-check/1"
_SIGNATURE = "signature"


class ReportRefused(ValueError):
    """A file is not a report of this exchange, or was changed; the text says which."""


def report(results: Sequence[Result], *, provider: str, address: str, at: str, seed: int, tries: int) -> dict[str, Any]:
    """The report, not signed yet. ``at`` is when the check was made."""
    return {
        "format": FORMAT,
        "version": __version__,
        "provider": provider,
        "address": address,
        "at": at,
        "seed": seed,
        "tries": tries,
        "counts": {str(status): sum(result.status is status for result in results) for status in Status},
        "results": [result.shown() for result in results],
    }


def digest(unsigned: Mapping[str, Any]) -> str:
    """The SHA-256 of a report without its signature, in hex: what the exchange signs."""
    plain = {key: value for key, value in unsigned.items() if key != _SIGNATURE}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def signed(unsigned: Mapping[str, Any], note: str) -> dict[str, Any]:
    """The report with the note that the exchange has signed."""
    return {**unsigned, _SIGNATURE: note}


def verify(data: bytes, keys: Iterable[Key]) -> tuple[Mapping[str, Any], Conformance]:
    """A report and what the exchange has signed of it; raises ReportRefused."""
    try:
        found = json.loads(data)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ReportRefused(f"it is no report of a check ({FORMAT})")
        if not found.get(_SIGNATURE):
            raise ReportRefused("it has no signature")
        stated = Conformance.open(str(found[_SIGNATURE]), keys)
        right = digest(found)
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, ReportRefused) else ReportRefused("it is no JSON") from error
    except NoteRefused as error:
        raise ReportRefused(str(error)) from error
    if stated.digest != right:
        raise ReportRefused("it was changed after the exchange had signed it")
    return found, stated
