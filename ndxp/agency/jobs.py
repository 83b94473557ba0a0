"""Work that an agency does later and by itself: a dossier that becomes due, a call to the next agency of a chain.

A job is a row of the agency's database, written in the transaction that made it necessary. It stays there until it is
done, even when a process is killed. So its handler may run twice, but what it settles takes effect once.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from traceback import extract_tb

from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.onward import OnwardFailed
from ndxp.clock import Clock, real_now
from ndxp.errors import kind_of

Settle = Callable[[Transaction], None]
"""Writes what came of a job, in the transaction that takes the job away; it may add others."""

Handler = Callable[[Job], Awaitable[Settle]]
"""Does a job. It may be called again for the same job: a call onward needs a request_id that follows from ``job.key``.

It raises OnwardFailed when the other agency gives no answer; it settles every other outcome, a refusal too. After any
error it is called again later, and the error is logged unless it may pass by itself. It says with
``ndxp.agency.caller.on_errand`` for whom it works.
"""

AT_ONCE = 16
"""How many jobs of an agency run at the same time."""

_LOOK_EVERY = 0.25
"""Seconds between two looks at a simulated clock, which may be moved, or at a database that did not answer."""

_OTHERS_EVERY = 10.0
"""Seconds between two looks at the table for jobs that other processes of the agency have left."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0
"""Seconds until a job is tried again: the first pause doubles with each attempt, up to the longest."""

_log = logging.getLogger(__name__)


class Jobs:
    """Does the jobs of one database, each kind by its handler."""

    def __init__(self, database: Database, clock: Clock, handlers: Mapping[str, Handler]) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers
        self._running: dict[str, asyncio.Task[None]] = {}
        self._next_due = self._next_retry = self._others_at = 0.0

    async def run(self) -> None:
        """Goes on until cancelled."""
        jobs_changed = self._database.jobs_changed
        try:
            while True:
                changed = jobs_changed.is_set()
                jobs_changed.clear()
                try:
                    if changed or self._is_time():
                        self._begin()
                except Exception as error:  # a database that does not answer now may answer later
                    _log.warning("jobs are not looked for: %s", kind_of(error))
                await self._change()
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _is_time(self) -> bool:
        """Whether a look at the table may find something to do although this process has changed nothing."""
        return (
            self._next_due <= self._clock.now() or self._next_retry <= real_now() or self._others_at <= time.monotonic()
        )

    async def _change(self) -> None:
        """Waits until it may be time for a look, or until this process changes jobs."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause()):
                await self._database.jobs_changed.wait()

    def _pause(self) -> float | None:
        """Seconds until it may be time again; None while there is no room for another job."""
        if len(self._running) >= AT_ONCE:
            return None
        if not self._clock.real:
            return _LOOK_EVERY
        next_job = min(self._next_due, self._next_retry) - real_now()
        return max(0.0, min(next_job / 1_000_000, self._others_at - time.monotonic()))

    def _begin(self) -> None:
        """Begins what is due, as far as there is room."""
        if len(self._running) >= AT_ONCE:
            return
        self._next_due = self._next_retry = math.inf
        self._others_at = time.monotonic() + _LOOK_EVERY
        nation, real = self._clock.now(), real_now()
        with self._database.reading() as documents:
            due = documents.due_jobs(nation, real, limit=2 * AT_ONCE)
            next_due, next_retry = documents.next_jobs(nation, real)
        self._next_due, self._next_retry = next_due or math.inf, next_retry or math.inf
        self._others_at = time.monotonic() + _OTHERS_EVERY
        for job in due:
            if job.key not in self._running and len(self._running) < AT_ONCE:
                task = asyncio.create_task(self._do(job))
                self._running[job.key] = task
                task.add_done_callback(partial(self._end, job.key))

    def _end(self, key: str, _: asyncio.Task[None]) -> None:
        del self._running[key]
        self._database.jobs_changed.set()

    async def _do(self, job: Job) -> None:
        try:
            settle = await self._handlers[job.kind](job)
            with self._database.transaction() as documents:
                if documents.end_job(job.key):
                    settle(documents)
        except Exception as error:  # one job that fails is no reason to leave the others undone
            await self._try_again(job, error)

    async def _try_again(self, job: Job, error: Exception) -> None:
        pause = min(_FIRST_PAUSE * 2**job.attempts, _LONGEST_PAUSE)
        if not (isinstance(error, OnwardFailed) and error.may_pass):
            _log.error("a job (%s) failed and is tried again: %s", job.kind, _where(error))
        try:
            with self._database.transaction() as documents:
                documents.try_job_again(job, real_now() + int(pause * 1_000_000))
        except Exception as failure:  # it stays as it was, and is due at once
            _log.warning("a job (%s) cannot be put off: %s", job.kind, kind_of(failure))
            await asyncio.sleep(pause)


def settle_nothing(_: Transaction) -> None:
    """The ``Settle`` of a job of which there is nothing to write."""


def _where(error: Exception) -> str:
    """What failed and in which line; never the error's text, which may hold personal data."""
    at = extract_tb(error.__traceback__)[-1]
    return f"{kind_of(error)} in {at.filename}:{at.lineno}"
