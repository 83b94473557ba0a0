"""The end of a drill: prints what interrupted it, writes the figures, and removes the folder of a good run."""

import json
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console


class Ran(Protocol):
    """A drill that has run in a folder of its own."""

    folder: Path

    def clear(self) -> None:
        """Removes the folder."""


def conclude(drill: Ran, given: Any, *, trouble: str, good: bool, figures: dict[str, Any], broken: str) -> int:
    """Ends a drill and returns its exit code: 0 when it was good, else 1 after the sentence ``broken``.

    ``given`` are its arguments, of which ``seed`` and ``json`` (a file, or None) are used here.
    """
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if trouble:
        console.print(trouble)
    if given.json is not None:
        given.json.write_text(json.dumps({"seed": given.seed, "good": good, **figures}, indent=1), encoding="utf-8")
    if good:
        drill.clear()
        return 0
    console.print(f"{broken}; logs and ledgers are in {drill.folder}, again: --seed {given.seed}")
    return 1
