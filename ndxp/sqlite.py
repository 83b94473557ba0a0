"""SQLite databases: the URL of one, and how a connection is set up."""

import os
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

_PATIENCE, _PAUSE = 5.0, 0.01


def sqlite_url(file: Path) -> str:
    """The URL of an SQLite file; special characters of its path are encoded."""
    return f"sqlite:///{quote(os.fsencode(file))}"


def configure(connection: Any, pragmas: Iterable[str]) -> None:
    """Makes a driver's connection leave transactions to its user, with these pragmas and the write-ahead log."""
    connection.isolation_level = None
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")
    _write_ahead(connection)


def _write_ahead(connection: Any) -> None:
    """Turns the write-ahead log on; retries, because SQLite does not wait for another process that does the same."""
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
