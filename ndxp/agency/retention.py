"""Retention of an agency's access log: removes the oldest entries above its limits, in parts between the calls."""

import asyncio
import logging
import time
from dataclasses import dataclass

from ndxp.agency.database import Database
from ndxp.clock import real_now
from ndxp.errors import kind_of

LEAST_DAYS = 0.05
"""Younger entries always stay, because they show that an assertion was presented before."""

_DAY = 86_400 * 1_000_000
_AT_ONCE = 200
"""Entries that one transaction removes; calls wait for it."""

_COUNTED_AT_ONCE = 2_000
_EVERY = 60.0
_SHARE = 0.1
"""The largest share of the process's time for a long removal."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """For how many days, and how many entries, are kept; 0 is no limit."""

    days: float = 0
    entries: int = 0


class Retention:
    """Removes entries above the limits from the access log of one database."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits
        self._counted, self._counted_to, self._removed_before = 0, 0, -1

    async def run(self) -> None:
        """Runs until cancelled; an error is logged, and a minute later it tries again."""
        if not (self._limits.days or self._limits.entries):
            return
        while True:
            began, complete = time.monotonic(), True
            try:
                complete = self.remove_some()
            except Exception as error:  # the agency must go on even if its access log cannot be cut
                _log.warning("the access log is not cut: %s", kind_of(error))
            took = time.monotonic() - began
            await asyncio.sleep(_EVERY if complete else took * (1 / _SHARE - 1))

    def remove_some(self) -> bool:
        """Removes a part in one short transaction; True when nothing is above the limits any more."""
        counted_all = self._count_some()
        with self._database.transaction() as transaction:
            since, removed = transaction.accesses_kept()
            over = self._counted - (removed - self._removed_before) - self._limits.entries
            most = max(0, over) if self._limits.entries else 0
            moment = real_now()
            old = moment - int(self._limits.days * _DAY) if self._limits.days else 0
            young = moment - int(LEAST_DAYS * _DAY)
            times: list[int] = []
            last = 0
            for seq, at in transaction.oldest_accesses(_AT_ONCE):
                if at >= young or (at >= old and len(times) >= most):
                    break
                times.append(at)
                last = seq
            if times:
                transaction.remove_accesses(last, since=max(since, max(times) + 1), removed=removed + len(times))
        return counted_all and len(times) < _AT_ONCE

    def _count_some(self) -> bool:
        """Counts some of the uncounted entries, because all at once take long; True when none are left."""
        if not self._limits.entries:
            self._removed_before = 0
            return True
        with self._database.reading() as reader:
            if self._removed_before < 0:
                _, self._removed_before = reader.accesses_kept()
            found, newest = reader.count_accesses_after(self._counted_to, _COUNTED_AT_ONCE)
        self._counted += found
        self._counted_to = newest or self._counted_to
        return found < _COUNTED_AT_ONCE
