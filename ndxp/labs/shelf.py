"""Where labs are found: ours, and folders of others."""

import importlib.util
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import ModuleType

from ndxp import tree
from ndxp.labs.lab import Lab, Language
from ndxp.labs.text import LabRefused, Text, read
from ndxp.labs.workplace import Workplace
from ndxp.language import _

_NAME = re.compile(r"lab_(\d\d)_([a-z0-9_]+)")


@dataclass(frozen=True)
class Found:
    """A lab in its folder ``lab_NN_name``; its name is ``NN-name``."""

    folder: Path

    @property
    def name(self) -> str:
        """Its name, such as ``01-first-call``."""
        return self.folder.name.removeprefix("lab_").replace("_", "-")

    @property
    def number(self) -> str:
        """Its number, such as ``01``."""
        return self.name.partition("-")[0]

    @cached_property
    def lab(self) -> Lab:
        """Its tasks and its state at the start. Raises LabRefused."""
        found = getattr(self._module("lab"), "LAB", None)
        if not isinstance(found, Lab):
            raise LabRefused(_("{path} has no LAB that is a ndxp.labs.Lab", path=self.folder / "lab.py"))
        return found

    @cached_property
    def solve(self) -> Callable[[Workplace], None]:
        """Does what a pupil would do. Raises LabRefused."""
        found: Callable[[Workplace], None] | None = getattr(self._module("solution"), "solve", None)
        if not callable(found):
            raise LabRefused(_("{path} has no function solve", path=self.folder / "solution.py"))
        return found

    def text(self, language: Language) -> Text:
        """Its texts. Raises LabRefused, also when they have other tasks than the lab."""
        found = read(self.folder, language)
        if len(found.tasks) != len(self.lab.tasks):
            raise LabRefused(
                _(
                    "{path} has {here} tasks, lab.py has {there}",
                    path=self.folder / language / "lab.md",
                    here=len(found.tasks),
                    there=len(self.lab.tasks),
                )
            )
        return found

    def _module(self, name: str) -> ModuleType:
        path = self.folder / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"{self.folder.name}.{name}", path)
        if not path.is_file() or spec is None or spec.loader is None:
            raise LabRefused(_("the lab {name} has no file {path}", name=self.name, path=path))
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # a folder of others may hold anything
            raise LabRefused(
                _("{path} cannot be used: {name}: {error}", path=path, name=type(error).__name__, error=error)
            ) from error
        return module


def labs(folders: Sequence[Path] = ()) -> list[Found]:
    """All labs by their names: ours, and those in folders of others. Raises LabRefused."""
    found = dict[str, Found]()
    for folder in (tree.LABS, *folders):
        if not folder.is_dir():
            raise LabRefused(_("there is no folder of labs {folder}", folder=folder))
        for path in sorted(folder.iterdir()):
            if not _NAME.fullmatch(path.name) or not path.is_dir():
                continue
            lab = Found(path.resolve())
            if lab.name in found:
                raise LabRefused(
                    _(
                        "two folders have the lab {name}: {folder} and {path}",
                        name=lab.name,
                        folder=found[lab.name].folder,
                        path=path,
                    )
                )
            found[lab.name] = lab
    return [found[name] for name in sorted(found)]


def find(name: str, folders: Sequence[Path] = ()) -> Found:
    """The lab of a name, a number, or a name without its number. Raises LabRefused."""
    known = labs(folders)
    wanted = name.lower().zfill(2) if name.isdecimal() else name.lower()
    meant = [lab for lab in known if wanted in (lab.name, *lab.name.split("-", 1))]
    if len(meant) > 1:
        raise LabRefused(
            _(
                "{name!r} may be {named}: name one of them in full",
                name=name,
                named=", ".join(lab.name for lab in meant),
            )
        )
    if meant:
        return meant[0]
    names = [lab.name for lab in known]
    close = get_close_matches(wanted, names, n=1)
    more = _("did you mean {meant!r}?", meant=close[0]) if close else _("there are {names}", names=", ".join(names))
    raise LabRefused(_("no such lab: {name!r}; {more}", name=name[:100], more=more))
