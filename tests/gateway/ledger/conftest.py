"""A ledger in a file, and records to put into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ledger.store import LedgerStore


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LedgerStore]:
    """An empty ledger."""
    store = LedgerStore(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield store
    store.close()
