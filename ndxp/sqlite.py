"""How a connection to an SQLite database is set up."""

import sqlite3
import time
from collections.abc import Iterable
from typing import Any

_PATIENCE, _PAUSE = 5.0, 0.01


def configure(connection: Any, pragmas: Iterable[str]) -> None:
    """Makes a driver's connection leave transactions to its user, with these pragmas and the write-ahead log."""
    connection.isolation_level = None
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")
    _write_ahead(connection)


def _write_ahead(connection: Any) -> None:
    """Turns the write-ahead log on; where others do so at the same moment, SQLite waits for none of them by itself."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return
