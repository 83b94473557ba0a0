"""What is kept of a class: a file in the run folder with its groups, for its owner only."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ndxp.labs.lab import Language
from ndxp.labs.text import LabRefused
from ndxp.language import _
from ndxp.locked_file import locked
from ndxp.whole_file import whole_file

FOLDER = "class"
"""The folder in the run folder with the class, and a folder for each group with its progress."""

_FILE, _LOCK = "class.json", "class.lock"


class ClassRefused(LabRefused):
    """There is no class, or it cannot do this; the text is one line that says what to do."""


@dataclass(slots=True)
class Group:
    """A group of pupils, who need no names.

    ``code`` lets them in, ``key`` is what their programs show afterwards. ``lab`` is the one that they are at,
    ``subsystems`` are all that they had in this class. ``done`` are the tasks of each lab that they have done once, also
    if they began it anew since. ``checks`` counts by task how often they asked for a check in vain. ``moved`` is when a
    task was done last, or the lab began, in seconds since 1970.
    """

    code: str
    key: str
    lab: str = ""
    subsystems: list[str] = field(default_factory=list)
    done: dict[str, list[str]] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    moved: float = 0.0


@dataclass(slots=True)
class Kept:
    """A class: its language, folders with labs of others, and its groups by name (``01``)."""

    run_folder: Path
    language: Language
    folders: list[str]
    groups: dict[str, Group] = field(default_factory=dict)

    @classmethod
    def read(cls, run_folder: Path) -> "Kept":
        """The class of a run folder. Raises ClassRefused when there is none, or the file cannot be used."""
        path = run_folder / FOLDER / _FILE
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            groups = {name: Group(**group) for name, group in kept["groups"].items()}
            return cls(run_folder, kept["language"], kept["folders"], groups)
        except FileNotFoundError:
            raise ClassRefused(_("there is no class here: `ndxp class start --groups 12` begins one")) from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ClassRefused(_("{path} cannot be used: `ndxp class end` removes it", path=path)) from error

    @classmethod
    def there(cls, run_folder: Path) -> bool:
        """Whether there is a class."""
        return (run_folder / FOLDER / _FILE).exists()

    def begin(self) -> None:
        """Keeps a new class. Raises ClassRefused when there is one."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with locked(self.folder / _LOCK):
            if self.there(self.run_folder):
                raise ClassRefused(
                    _("there is a class already: `ndxp class status` shows it, `ndxp class end` ends it")
                )
            self._write()

    def change(self, name: str, change: Callable[[Group], None]) -> None:
        """Changes a group, here and in the file. What another process has changed meanwhile stays."""
        with locked(self.folder / _LOCK):
            now = Kept.read(self.run_folder)
            change(now.groups[name])
            now._write()
        self.groups = now.groups

    @property
    def folder(self) -> Path:
        """The folder of the class."""
        return self.run_folder / FOLDER

    def _write(self) -> None:
        groups = {name: asdict(group) for name, group in self.groups.items()}
        kept = {"language": self.language, "folders": self.folders, "groups": groups}
        with whole_file(self.folder / _FILE) as file:
            file.write(json.dumps(kept, ensure_ascii=False, indent=1).encode())
