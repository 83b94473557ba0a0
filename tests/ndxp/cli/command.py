"""Runs the ``ndxp`` command as people do: in a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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
    """Runs ``ndxp`` with these words for the exchange in a folder; ``given`` is its stdin.

    ``variables`` are of its environment besides.
    """
    command = [sys.executable, "-P", "-m", "ndxp.cli", *map(str, words)]
    ran = subprocess.run(
        command, env=environment(folder) | variables, cwd=Path(folder).parent, input=given.encode(),
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    terminal = variables.get("PYTHONIOENCODING", "utf-8")
    return Ran(ran.returncode, ran.stdout.decode(terminal), ran.stderr.decode(terminal))
