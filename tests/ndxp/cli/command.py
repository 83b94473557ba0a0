"""Runs the ``ndxp`` command: in this process, or as people do in a process of its own."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from ndxp.cli.__main__ import main
from ndxp.language import ENGLISH, _OfProcess
from ndxp.terminal import console


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON it printed."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr of a command that failed; fails when there are more or none, or stdout has any."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert self.out == ""
        assert lines[0].startswith("ndxp: ")
        return lines[0].removeprefix("ndxp: ")


def environment(folder: Path | str) -> dict[str, str]:
    """A terminal wide enough for every table, and the run folder."""
    return {**os.environ, "NDXP_FOLDER": str(folder), "COLUMNS": "240"}


def ndxp(*words: object, folder: Path | str, given: str = "", **variables: str) -> Ran:
    """Runs ``ndxp`` with these words for the exchange in a folder, in this process; ``given`` is its stdin.

    ``variables`` are of its environment besides. It starts in half a second less than a process of its own. What it
    starts writes where it writes.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (environment(folder) | variables).items():
            patch.setenv(name, value)
        patch.chdir(Path(folder).parent)
        return run_main(*words, given=given)


def run_main(*words: object, given: str = "") -> Ran:
    """Runs a command in this process, through the same ``main`` that the ``ndxp`` script calls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "_width", None)  # as in a new process, where COLUMNS says it; xdist sets it before
        patch.setattr(_OfProcess, "speaker", ENGLISH)  # what the command speaks ends with it, as its process would
        return captured(main, "ndxp", *words, given=given)


def captured(entry: Callable[[], None], *words: object, given: str = "") -> Ran:
    """Runs the entry of a command in this process, with its command line and its stdin, and gives how it ended."""
    at_termination, masked = signal.getsignal(signal.SIGTERM), os.umask(0o022)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(word) for word in words])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8"))
        code: object = 0
        try:
            with _written_to(1, "stdout", out), _written_to(2, "stderr", err):
                entry()
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            signal.signal(signal.SIGTERM, at_termination)
            os.umask(masked)
        assert isinstance(code, int)
        return Ran(code, _text(out), _text(err))


@contextlib.contextmanager
def _written_to(number: int, name: str, file: BinaryIO) -> Iterator[None]:
    """What this process and those that it starts write to a standard stream goes to the file."""
    kept = os.dup(number)
    with os.fdopen(os.dup(file.fileno()), "w", encoding="utf-8") as stream, pytest.MonkeyPatch.context() as patch:
        os.dup2(file.fileno(), number)
        patch.setattr(sys, name, stream)
        try:
            yield
        finally:
            os.dup2(kept, number)
            os.close(kept)


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()


def ndxp_process(*words: object, folder: Path | str, given: str = "", **variables: str) -> Ran:
    """Runs ``ndxp`` as ``ndxp`` above does, in a process of its own."""
    command = [sys.executable, "-P", "-m", "ndxp.cli", *map(str, words)]
    ran = subprocess.run(
        command, env=environment(folder) | variables, cwd=Path(folder).parent, input=given.encode(),
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    terminal = variables.get("PYTHONIOENCODING", "utf-8")
    return Ran(ran.returncode, ran.stdout.decode(terminal), ran.stderr.decode(terminal))
