"""How far somebody has come with the labs: a file in the run folder of the exchange."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ndxp.labs.lab import Language
from ndxp.labs.text import LabRefused
from ndxp.language import _
from ndxp.locked_file import locked
from ndxp.whole_file import whole_file

FOLDER = "labs"
"""The folder in the run folder with the progress, and a folder for each lab with files of the pupil."""

_FILE, _LOCK = "progress.json", "progress.lock"


@dataclass(slots=True)
class Attempt:
    """An attempt at a lab: where it began in the ledger, its subsystems by role, what was done, answered and looked at.

    ``folder`` is the lab's. ``state`` is ``started``, ``done`` when a check has found all tasks done, or ``finished``.
    """

    folder: str
    language: Language
    since: int
    subsystems: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    looked: bool = False
    state: str = "started"


@dataclass(slots=True)
class Progress:
    """The attempts in a run folder by lab, and the lab that was started last."""

    run_folder: Path
    current: str = ""
    attempts: dict[str, Attempt] = field(default_factory=dict)

    @classmethod
    def read(cls, run_folder: Path) -> "Progress":
        """What the file says; nothing when there is none. Raises LabRefused for a file that cannot be used."""
        path = run_folder / FOLDER / _FILE
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            attempts = {name: Attempt(**attempt) for name, attempt in kept["attempts"].items()}
            return cls(run_folder, kept["current"], attempts)
        except FileNotFoundError:
            return cls(run_folder)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise LabRefused(_("{path} cannot be used: remove it, and start the lab again", path=path)) from error

    def keep(self, name: str, change: Callable[[Attempt], None]) -> None:
        """Changes an attempt, here and in the file. What another terminal has changed meanwhile stays."""
        with self._alone():
            now = Progress.read(self.run_folder)
            if name not in now.attempts:
                raise LabRefused(_("the lab {name} is not started: `ndxp lab start {name}`", name=name))
            change(now.attempts[name])
            now._write()
        self.attempts = now.attempts

    def begin(self, name: str, attempt: Attempt) -> None:
        """Keeps a new attempt in the place of an older one; its lab is the current one."""
        with self._alone():
            now = Progress.read(self.run_folder)
            now.current, now.attempts[name] = name, attempt
            now._write()
        self.current, self.attempts = now.current, now.attempts

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with locked(self._folder() / _LOCK):
            yield

    def _folder(self) -> Path:
        """The folder of the labs, for its owner only; made when it is not there."""
        folder = self.run_folder / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _write(self) -> None:
        folder = self.run_folder / FOLDER
        kept = {"current": self.current, "attempts": {name: asdict(each) for name, each in self.attempts.items()}}
        with whole_file(folder / _FILE) as file:
            file.write(json.dumps(kept, ensure_ascii=False, indent=1).encode())

    def files(self, name: str) -> Path:
        """The folder for files of the pupil in a lab; made when it is not there."""
        folder = self._folder() / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
