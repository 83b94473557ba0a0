"""How the ledger stands, for Prometheus: what waits for it, who writes, what is signed."""

import asyncio
import time
from collections.abc import Iterable

import redis
from prometheus_client.core import GaugeMetricFamily, Metric

from gateway.ledger.recorder import ASIDE, Recorder
from gateway.ledger.writer import Writer
from gateway.store import STREAM, Store

_PATIENCE = 1.0


class LedgerGauges:
    """The metrics of a recorder's process. Size, signature and age are shown only by the recorder that writes."""

    def __init__(self, store: Store, recorder: Recorder, writer: Writer) -> None:
        self._store = store
        self._recorder = recorder
        self._writer = writer
        self._journal: tuple[int, float, int] | None = None

    async def refresh(self) -> None:
        """Asks the store what waits; while the store does not answer, these metrics are not shown."""
        self._journal = None
        try:
            async with asyncio.timeout(_PATIENCE):
                backlog, aside = await self._store.xlen(STREAM), await self._store.xlen(ASIDE)
                first = await self._store.xrange(STREAM, count=1)
        except (redis.RedisError, TimeoutError):
            return
        lag = max(0.0, time.time() - int(first[0][0].partition(b"-")[0]) / 1000) if first else 0.0
        self._journal = backlog, lag, aside

    def collect(self) -> Iterable[Metric]:
        """The metrics as they are now."""
        recorder, writer = self._recorder, self._writer
        if self._journal is not None:
            backlog, lag, aside = self._journal
            yield GaugeMetricFamily("ndxp_journal_backlog", "Journal entries that wait for the recorder.", backlog)
            yield GaugeMetricFamily("ndxp_ledger_lag_seconds", "Age of the oldest entry that waits.", lag)
            yield GaugeMetricFamily("ndxp_journal_aside", "Journal entries that were no records, put aside.", aside)
        yield GaugeMetricFamily("ndxp_ledger_writing", "1 in the recorder that writes.", recorder.writing)
        yield GaugeMetricFamily(
            "ndxp_ledger_trouble", "1 while it can neither record nor stand by.", not recorder.healthy
        )
        yield GaugeMetricFamily(
            "ndxp_ledger_refuses",
            "1 while it refuses a ledger that is not what was signed.",
            recorder.refuses and bool(recorder.trouble),
        )
        if recorder.writing:
            yield GaugeMetricFamily("ndxp_ledger_records", "Records in the ledger.", writer.size)
            yield GaugeMetricFamily("ndxp_ledger_signed_records", "Records under a signed checkpoint.", writer.signed)
            yield GaugeMetricFamily(
                "ndxp_ledger_checkpoint_age_seconds", "Since this process signed a checkpoint.", writer.signed_ago
            )
