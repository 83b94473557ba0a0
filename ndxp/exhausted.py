"""What is full when a store or a database takes no more data, and what to do."""

import errno
import sqlite3
from typing import Any

_GOES_ON = "what waits is taken then"
_FULL = f"its disk is full: make room there, {_GOES_ON}"
_STORE = {
    "OOM": f"the store has used all its memory: raise maxmemory, or see why the recorder is behind; {_GOES_ON}",
    "MISCONF": f"the store cannot write to its disk: make room there, {_GOES_ON}",
    "READONLY": "the store is a replica, which takes no writes: name the primary in NDXP_REDIS_URL",
}
"""Sentences by the first word of the answer of Redis or Valkey."""

_OF_REDIS_PY = {"OutOfMemoryError": "OOM", "ReadOnlyError": "READONLY"}
"""redis-py turns some of these words into error classes and leaves them out of the text."""

_SQLSTATES = {
    "53100": f"the database's server cannot write: {_FULL}",
    "53200": "the database's server has no memory left: give it more, or lower what it may use for a connection",
    "53300": "the database's server has no connection left: raise max_connections, or run fewer processes",
    "25006": "the database takes no writes: it is a replica, or was made read-only; name the primary in its URL",
}
"""By PostgreSQL's code (class 53: insufficient resources)."""

_SQLITE = {
    sqlite3.SQLITE_FULL: f"the database's file cannot grow: {_FULL}",
    sqlite3.SQLITE_IOERR: "the database's disk fails to read or write: see whether it is full, and the system's log",
    sqlite3.SQLITE_READONLY: "the database's file is read-only: give it and its folder back to the user of the process",
    sqlite3.SQLITE_CANTOPEN: "the database's file cannot be opened: see the rights of its folder, and for a full disk",
}
"""By SQLite's primary result code."""

_FULL_DISKS = (errno.ENOSPC, errno.EDQUOT)


def exhausted(error: Any) -> str:
    """What is full and what to do, for an error of redis-py, hiredis, SQLAlchemy, psycopg, sqlite3 or the system.

    Empty for any other error. The sentence has none of the data that was to be stored.
    """
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError) and cause.errno in _FULL_DISKS:
        return f"a file cannot be written: {_FULL}"
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF, "")
    if state := getattr(cause, "sqlstate", None):
        return _SQLSTATES.get(state, "")
    word = _OF_REDIS_PY.get(type(cause).__name__) or str(cause).partition(" ")[0]
    return _STORE.get(word, "")


def why(error: Any) -> str:
    """The sentence of ``exhausted``, or the kind of the error."""
    return exhausted(error) or type(error).__name__
