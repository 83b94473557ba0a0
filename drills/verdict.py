"""How a drill ends: what came in between is said, figures are written down, a good run leaves nothing behind."""

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
    """Ends a drill and gives its exit code: 0 when it was good, else 1 after the sentence that says what is ``broken``.

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
