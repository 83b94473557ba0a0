"""Who asked about a citizen: what the ledger has under the keyed hash of the citizen's number."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any

from ndxp.admin import AdminApi
from ndxp.subject import read_subject_key, subject_hash

NUMBER = re.compile(r"[0-9]{12}")
"""The form of a citizen number. The ledger does not keep the 9 digits of an old identity card."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the ledger has about a citizen, the latest first.

    ``unlisted`` is how many of the records are missing in the index of subjects, because somebody has changed the
    database. ``more`` says that there may be older records than these, ``complete`` that all records were read to find
    those that are missing in the index.
    """

    records: list[dict[str, Any]]
    unlisted: int
    more: bool
    complete: bool = True


def asked_about(
    api: AdminApi,
    number: str,
    limit: int,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    patience: float = inf,
) -> Asked:
    """Who asked about a citizen, by the index of subjects and by the records themselves.

    The number stays on this machine: the ledger is asked for its keyed hash. Reading the records ends after
    ``patience`` seconds. Raises SubjectKeyMissing and AdminRefused.
    """
    end = monotonic() + patience
    wanted = subject_hash(read_subject_key(api.state.credentials), number)
    found = api.get("/transactions", subject=wanted, limit=limit, proof=True)
    unlisted: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None and monotonic() < end:
        part = api.get(f"/ledger/subjects/{wanted}", after=str(after))
        unlisted += part["records"]
        after = part["next"]
        progress(after or 1, 0)
    records = sorted([*found, *unlisted], key=lambda record: -int(record["seq"]))
    return Asked(records, len(unlisted), len(found) == limit, complete=after is None)
