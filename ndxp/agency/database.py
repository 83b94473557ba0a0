"""An agency's own database: documents, the feed of changes, answers to replay, and the access log.

SQLite by default, PostgreSQL by URL. Every agency has the same tables, and its records decide what is in them. Several
processes may serve one agency over one database; with either database there is one writer at a time.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar

from google.protobuf.message import Message

from ndxp.agency.caller import transaction_under_way
from ndxp.agency.connections import Connection, Connections
from ndxp.agency.first_answer import gives_again
from ndxp.agency.paging import Places
from ndxp.agency.rights import filer, keeps, owns
from ndxp.agency.subject import name_subjects_again, subjects_named
from ndxp.clock import real_now
from ndxp.errors import invalid_argument

_LATEST = 2**62
_KEPT = ("retention", "accesses")
_Answer = TypeVar("_Answer", bound=Message)


@dataclass(frozen=True, slots=True)
class Document:
    """A stored record: ``seq`` grows with every new document, ``body`` is the agency's own encoding."""

    seq: int
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the feed: ``cursor`` grows, ``at`` is in µs since 1970 (UTC)."""

    cursor: int
    kind: str
    key: str
    at: int


@dataclass(frozen=True, slots=True)
class Access:
    """A call that the agency answered, as ``provider``; ``at`` is in µs since 1970 (UTC)."""

    transaction_id: str
    client: str
    user_id: str
    purpose: str
    method: str
    status_code: int
    at: int
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is to be done when the nation's clock shows ``due`` (µs): see ``ndxp.agency.jobs``.

    ``attempts`` is how often it was tried in vain.
    """

    key: str
    kind: str
    due: int
    attempts: int
    body: bytes


_ACCESS = ", ".join(Access.__slots__)
_OF = "(? = '' OR provider IN (?, ''))"
"""Those of one subsystem, or all; older entries do not say whose they are, and count for every one."""

_access_values = attrgetter(*Access.__slots__)


class Transaction:
    """Reads and writes that take effect together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._run = connection.run
        self.jobs_changed = False

    def get(self, kind: str, key: str) -> bytes | None:
        """The body of a document, or None."""
        row = self._run("SELECT body FROM documents WHERE kind = ? AND key = ?", kind, key).fetchone()
        return row[0] if row else None

    def own(self, kind: str, key: str) -> bytes | None:
        """The body of a document that belongs to the caller (``ndxp.agency.rights``), or None."""
        row = self._run("SELECT body, filer FROM documents WHERE kind = ? AND key = ?", kind, key).fetchone()
        return row[0] if row and owns(row[1]) else None

    def put(self, kind: str, key: str, body: bytes, *, owner: str = "") -> None:
        """Writes a new document, or replaces the one with this key. ``owner`` groups documents for ``of``.

        A new document is filed by the caller of the running method; replacing it does not change that.
        """
        update = "UPDATE documents SET body = ?, owner = ? WHERE kind = ? AND key = ?"
        if not self._run(update, body, owner, kind, key).rowcount:
            insert = "INSERT INTO documents (kind, key, owner, filer, body) VALUES (?, ?, ?, ?, ?)"
            self._run(insert, kind, key, owner, filer(), body)

    def remove(self, kind: str, key: str) -> None:
        """Removes a document, if it is there."""
        self._run("DELETE FROM documents WHERE kind = ? AND key = ?", kind, key)

    def of(self, kind: str, owner: str, *, before: int | None = None, limit: int = 500) -> list[Document]:
        """An owner's documents, the latest first; only those with a ``seq`` below ``before``."""
        return self._of("", kind, owner, before=before, limit=limit)

    def own_of(self, kind: str, owner: str, *, before: int | None = None, limit: int = 500) -> list[Document]:
        """Those of an owner's documents that belong to the caller, the latest first."""
        if keeps():
            return self.of(kind, owner, before=before, limit=limit)
        return self._of("AND filer = ? ", kind, owner, filer(), before=before, limit=limit)

    def _of(self, among: str, *values: str, before: int | None, limit: int) -> list[Document]:
        query = (
            "SELECT seq, key, body FROM documents "  # noqa: S608
            f"WHERE kind = ? AND owner = ? {among}AND seq < ? ORDER BY seq DESC LIMIT ?"
        )
        rows = self._run(query, *values, _LATEST if before is None else before, limit)
        return [Document(*row) for row in rows]

    def count(self, kind: str, owner: str) -> int:
        """How many documents an owner has."""
        query = "SELECT count(*) FROM documents WHERE kind = ? AND owner = ?"
        return int(self._run(query, kind, owner).fetchone()[0])

    def note_change(self, kind: str, key: str) -> None:
        """Appends to the feed of changes."""
        self._run("INSERT INTO changes (kind, key, at) VALUES (?, ?, ?)", kind, key, real_now())

    def changes(self, after: int, *, kinds: Sequence[str] = (), limit: int = 500) -> list[Change]:
        """Changes after a cursor, in their order; all kinds when none is named."""
        chosen = set(kinds)
        among = f"AND kind IN ({', '.join('?' * len(chosen))}) " if chosen else ""
        query = f"SELECT seq, kind, key, at FROM changes WHERE seq > ? {among}ORDER BY seq LIMIT ?"  # noqa: S608
        return [Change(*row) for row in self._run(query, after, *chosen, limit)]

    def newest_change(self) -> int:
        """The cursor of the last change of any kind; 0 while there is none."""
        return int(self._run("SELECT max(seq) FROM changes").fetchone()[0] or 0)

    def answered(self, client: str, method: str, request: Message, answer: type[_Answer]) -> _Answer | None:
        """The answer that this request got before, or None; it names the same subjects, and its first transaction.

        Raises AgencyError(REQUEST_ID_REUSED) when its ``request_id`` was given to a different request.
        """
        query = (
            "SELECT request_hash, response, subjects, transaction_id FROM answers "
            "WHERE client = ? AND method = ? AND request_id = ?"
        )
        row = self._run(query, client, method, _request_id(request)).fetchone()
        if row is None:
            return None
        request_hash, response, subjects, transaction_id = row
        if request_hash != _hash(request):
            raise invalid_argument(
                "REQUEST_ID_REUSED",
                "this request_id was given to a different request before; use a new one for a new request",
                "request_id",
            )
        name_subjects_again(subjects)
        gives_again(transaction_id)
        return answer.FromString(response)

    def save_answer(self, client: str, method: str, request: Message, answer: Message) -> None:
        """Stores the answer, for repetitions of the request."""
        self._run(
            "INSERT INTO answers (client, method, request_id, request_hash, response, subjects, transaction_id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            client, method, _request_id(request), _hash(request), answer.SerializeToString(), subjects_named(),
            transaction_under_way(),
        )  # fmt: skip

    def add_job(self, kind: str, key: str, body: bytes = b"", *, due: int = 0) -> None:
        """Adds work to do at ``due`` (µs of the nation's clock); one that has this key already stays as it is."""
        insert = (
            "INSERT INTO jobs (key, kind, due, attempts, retry_at, body) VALUES (?, ?, ?, 0, 0, ?) "
            "ON CONFLICT (key) DO NOTHING"
        )
        self._run(insert, key, kind, due, body)
        self.jobs_changed = True

    def due_jobs(self, nation: int, real: int, *, limit: int) -> list[Job]:
        """Work that is due by the nation's clock and whose pause after an attempt is over, the earliest first."""
        query = (
            "SELECT key, kind, due, attempts, body FROM jobs WHERE due <= ? AND retry_at <= ? ORDER BY due, key LIMIT ?"
        )
        return [Job(*row) for row in self._run(query, nation, real, limit)]

    def next_jobs(self, nation: int, real: int) -> tuple[int | None, int | None]:
        """When work becomes due next: by the nation's clock, and by real time, after a pause. None for never."""
        due = self._run("SELECT min(due) FROM jobs WHERE due > ?", nation).fetchone()[0]
        paused = self._run("SELECT min(retry_at) FROM jobs WHERE due <= ? AND retry_at > ?", nation, real).fetchone()[0]
        return due, paused

    def try_job_again(self, job: Job, retry_at: int) -> None:
        """Keeps work that was tried in vain for a later attempt, at ``retry_at`` (µs of real time)."""
        update = "UPDATE jobs SET attempts = ?, retry_at = ? WHERE key = ?"
        self._run(update, job.attempts + 1, retry_at, job.key)
        self.jobs_changed = True

    def end_job(self, key: str) -> bool:
        """Takes work away that is done; False when somebody else has done it."""
        self.jobs_changed = True
        return bool(self._run("DELETE FROM jobs WHERE key = ?", key).rowcount)

    def log(self, accesses: Sequence[Access]) -> set[str]:
        """Appends to the access log; returns the transactions that are new. Known ones are not logged again."""
        insert = (
            f"INSERT INTO accesses ({_ACCESS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
            "ON CONFLICT (transaction_id) DO NOTHING"
        )
        if self._connection.run_many(insert, [_access_values(access) for access in accesses]) == len(accesses):
            return {access.transaction_id for access in accesses}
        # RETURNING would give the same, but would cost something on every call.
        logged_at = "SELECT at FROM accesses WHERE transaction_id = ?"
        return {
            access.transaction_id
            for access in accesses
            if self._run(logged_at, access.transaction_id).fetchone()[0] == access.at
        }

    def accesses(
        self, *, after: int = 0, since: int = 0, limit: int = 500, provider: str = ""
    ) -> list[tuple[int, Access]]:
        """The entries after ``after`` (a seq) and since ``since`` (µs), in their order, each with its seq.

        ``provider`` leaves out those of the agency's other subsystems.
        """
        query = f"SELECT seq, {_ACCESS} FROM accesses WHERE seq > ? AND at >= ? AND {_OF} ORDER BY seq LIMIT ?"  # noqa: S608
        rows = self._run(query, after, since, provider, provider, limit)
        return [(row[0], Access(*row[1:])) for row in rows]

    def accesses_kept(self) -> tuple[int, int]:
        """Since when (µs) the access log is complete, 0 for the beginning; and how many entries were removed."""
        since, removed = (self.get(*_KEPT) or b"0 0").split()
        return int(since), int(removed)

    def oldest_accesses(self, limit: int) -> list[tuple[int, int]]:
        """The seq and time (µs) of the oldest entries of the access log."""
        rows = self._run("SELECT seq, at FROM accesses ORDER BY seq LIMIT ?", limit)
        return [(row[0], row[1]) for row in rows]

    def count_accesses_after(self, after: int, limit: int) -> tuple[int, int]:
        """How many entries of the access log come after a seq, up to a limit, and the seq of the last of these."""
        query = (
            "SELECT count(*), max(seq) FROM (SELECT seq FROM accesses WHERE seq > ? ORDER BY seq LIMIT ?) AS counted"
        )
        count, last = self._run(query, after, limit).fetchone()
        return count, last or 0

    def remove_accesses(self, last: int, *, since: int, removed: int) -> None:
        """Removes entries up to a seq; notes since when the log is complete and how many were removed in all."""
        self._run("DELETE FROM accesses WHERE seq <= ?", last)
        self.put(*_KEPT, f"{since} {removed}".encode())

    def count_accesses(self, since: int, until: int, provider: str = "") -> list[tuple[str, str, int, int]]:
        """Client, method, status code and how many, for accesses in [since, until) µs."""
        query = (
            f"SELECT client, method, status_code, count(*) FROM accesses WHERE at >= ? AND at < ? AND {_OF} "  # noqa: S608
            "GROUP BY client, method, status_code ORDER BY client, method, status_code"
        )
        rows = self._run(query, since, until, provider, provider)
        return [(row[0], row[1], row[2], row[3]) for row in rows]


class Database:
    """Opens an agency's database and makes its tables if they are missing."""

    def __init__(self, url: str) -> None:
        """``url`` has a form of ``ndxp.database_url``, such as ``sqlite:///population.db`` or ``postgresql://...``.

        Raises ValueError for another form, OSError without the driver, SQLAlchemyError when it cannot be opened.
        """
        self._connections = Connections(url)
        self.jobs_changed = asyncio.Event()
        """Set when a transaction of this process has changed jobs."""
        self.places = Places(self._key())
        """The page tokens of this agency."""

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Reads and writes that are committed together or not at all; only one such transaction runs at a time.

        So everything that a feed or a counter gave before is committed, and cursors grow in the order of the commits.
        """
        with self._connections.transaction(write=True) as connection:
            transaction = Transaction(connection)
            yield transaction
        if transaction.jobs_changed:
            self.jobs_changed.set()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Reads only, all of one moment, without waiting for a writer."""
        with self._connections.transaction(write=False) as connection:
            yield Transaction(connection)

    def once(
        self, client: str, method: str, request: Message, answer: type[_Answer], do: Callable[[Transaction], _Answer]
    ) -> _Answer:
        """Does what the request asks, or returns the answer that the same ``request_id`` got before."""
        with self.transaction() as transaction:
            before = transaction.answered(client, method, request, answer)
            if before is not None:
                return before
            response = do(transaction)
            transaction.save_answer(client, method, request, response)
            return response

    def close(self) -> None:
        """Closes the connections."""
        self._connections.close()

    def _key(self) -> bytes:
        """The key of this agency's page tokens, the same in all its processes and after each start."""
        with self.transaction() as transaction:
            key = transaction.get("key", "places")
            if key is None:
                key = Places.new_key()
                transaction.put("key", "places", key)
            return key


def _request_id(request: Message) -> str:
    request_id: str = request.request_id  # type: ignore[attr-defined] # every mutation has one
    if not 1 <= len(request_id) <= 64:
        raise invalid_argument(
            "REQUEST_ID_MISSING", "give the request a request_id of at most 64 characters, such as a new UUID",
            "request_id",
        )  # fmt: skip
    return request_id


def _hash(request: Message) -> bytes:
    return hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
