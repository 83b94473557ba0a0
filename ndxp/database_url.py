"""Database URLs: the forms that agencies and the ledger take."""

import os
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    import sqlalchemy as sa

_SQLITE = frozenset({"sqlite", "sqlite+pysqlite"})
_POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_FORMS = "sqlite:///FILE, with %3F for a ?, or postgresql://USER:PASSWORD@HOST:PORT/NAME"
_OF_SQLITE_ITSELF = "file:"


def read_url(text: str) -> "sa.URL":
    """The parsed URL, with the driver that is used here.

    In an SQLite URL ``?``, ``#`` and ``%`` of the path are percent-encoded. Raises ValueError for another database or a
    text that is not a URL; the error does not repeat the text, which may have a password.
    """
    kind, _, rest = text.partition("://")
    if kind not in _SQLITE | _POSTGRESQL:
        raise ValueError(f"the database is none that is known here; give {_FORMS}")
    import sqlalchemy as sa  # slow, and needs much memory: gateway workers import the settings but read no URL
    from sqlalchemy.exc import ArgumentError

    try:
        url = sa.make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ValueError(f"the database's URL cannot be read; give {_FORMS}") from error
    if kind in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    path = rest.partition("?")[0].removeprefix("/")  # SQLAlchemy decodes it only since 2.1
    if path.startswith(_OF_SQLITE_ITSELF):
        return url.set(database=path)
    return url.set(database=os.fsdecode(unquote_to_bytes(path)) or None)


def is_sqlite(url: "sa.URL") -> bool:
    """Whether it is an SQLite URL; otherwise it is a PostgreSQL URL."""
    return url.drivername in _SQLITE
