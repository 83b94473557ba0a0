"""Database URLs: which ones agencies and the ledger take, and what they mean."""

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
    """What a URL means, with the driver that is used here.

    In SQLite's the path is percent-encoded where it has ``?``, ``#`` or ``%``. Raises ValueError for any other
    database, and for what is no URL, without the text, which may hold a password.
    """
    kind, _, rest = text.partition("://")
    if kind not in _SQLITE | _POSTGRESQL:
        raise ValueError(f"the database is none that is known here; give {_FORMS}")
    import sqlalchemy as sa  # takes long, and much memory: gateway workers import the settings and read no URL
    from sqlalchemy.exc import ArgumentError

    try:
        url = sa.make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ValueError(f"the database's URL cannot be read; give {_FORMS}") from error
    if kind in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    path = rest.partition("?")[0].removeprefix("/")  # SQLAlchemy decodes it from 2.1 on, and before not
    if path.startswith(_OF_SQLITE_ITSELF):
        return url.set(database=path)
    return url.set(database=os.fsdecode(unquote_to_bytes(path)) or None)


def is_sqlite(url: "sa.URL") -> bool:
    """Whether it is SQLite's; PostgreSQL's otherwise."""
    return url.drivername in _SQLITE
