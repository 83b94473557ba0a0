"""The ledger's window: what it says of a transaction when the recorder is behind."""

from functools import partial
from pathlib import Path

import pytest

from gateway.control.api import transactions
from gateway.core.transaction import Phase, Record, canonical
from gateway.http.problem import Problem
from gateway.ledger.reader import Reader
from gateway.ledger.recorder import caught_up
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from gateway.store import STREAM, Store
from tests.support.records import record


async def test_a_transaction_whose_outcome_may_be_in_the_journal_is_not_told_as_one_that_has_not_ended(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "caught_up", partial(caught_up, patience=0.05))
    engine = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    under_way, ended = record(Phase.REQUEST), record()
    Writer(engine, Signer(tmp_path, "test")).append([under_way, ended])

    async def found(one: Record) -> list[Record]:
        return [entry.record for entry in await transactions.find(Reader(engine), store, one.transaction_id)]

    await store.xadd(STREAM, {"0": canonical(record())})  # nobody records it
    with pytest.raises(Problem) as told:
        await found(under_way)
    assert told.value.status == 503
    assert await found(ended) == [ended]
    await store.delete(STREAM)
    assert await found(under_way) == [under_way]
    engine.dispose()
