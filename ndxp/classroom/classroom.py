"""A class: begins it, lets groups in, and does for each what a lab does for one pupil."""

import csv
import io
import shutil
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Self

from ndxp.classroom.codes import Guesses, new_code, plain
from ndxp.classroom.kept import FOLDER, ClassRefused, Group, Kept
from ndxp.classroom.own import PUSHED, Own
from ndxp.labs.course import Course, Result, operator_of
from ndxp.labs.lab import LANGUAGES, Language
from ndxp.labs.progress import Progress
from ndxp.labs.shelf import Found, find, labs
from ndxp.labs.workplace import add_subsystems, remove_subsystems
from ndxp.language import _
from ndxp.sandbox.operator import Operator

MOST_GROUPS = 60

_RATE, _BURST = 20.0, 40
"""What each subsystem of a group may call in a second, and at once: far more than people do, far less than loops do."""

_QUIET = 300.0
_VAIN = 5
_PAGE, _RULES = 1000, 100


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a group is: its lab, the tasks done of all, and the first task that is not done.

    ``checks`` and ``hints`` are those for that task, ``quiet`` is the time in seconds since a task was done last.
    """

    group: str
    lab: str
    state: str
    done: int
    tasks: int
    task: str
    checks: int
    hints: int
    quiet: float

    @property
    def stuck(self) -> bool:
        """Whether somebody should look after them."""
        return bool(self.task) and (self.quiet >= _QUIET or self.checks + self.hints >= _VAIN)


@dataclass(slots=True)
class _Seen:
    """What the last check of a group said, and one check at a time."""

    alone: threading.RLock = field(default_factory=threading.RLock)
    results: list[Result] = field(default_factory=list)
    due: bool = True


class Classroom:
    """The class of a run folder. Its functions may be called from several threads.

    ``start`` begins it; ``go_on`` takes the one that there is. All raise ClassRefused, LabRefused, NoSandbox and
    AdminRefused.
    """

    def __init__(self, run_folder: Path, operator: Operator) -> None:
        self.run_folder = run_folder
        self._operator = operator
        self._found: dict[str, Found] = {}
        self._seen: dict[str, _Seen] = {}
        self._looking = threading.Lock()
        self._place: int | None = None
        self.guesses = Guesses()

    @classmethod
    def start(cls, run_folder: Path, groups: int, lab: str, language: Language, folders: Sequence[Path] = ()) -> Self:
        """Begins a class of so many groups, which all begin a lab."""
        if not 1 <= groups <= MOST_GROUPS:
            raise ClassRefused(_("a class has 1 to {most} groups", most=MOST_GROUPS))
        if language not in LANGUAGES:
            raise ClassRefused(_("the language of a class is one of: {languages}", languages=", ".join(LANGUAGES)))
        _for_class(find(lab, folders))
        room = cls(run_folder, operator_of(run_folder))
        made = dict[str, Group]()
        for number in range(1, groups + 1):
            code = new_code({group.code for group in made.values()})
            made[f"{number:02}"] = Group(code, token_urlsafe(32))
        Kept(run_folder, language, [str(folder.resolve()) for folder in folders], made).begin()
        try:
            room.begin(lab)
        except BaseException:
            room.end()
            raise
        return room

    @classmethod
    def go_on(cls, run_folder: Path) -> Self:
        """The class that there is."""
        Kept.read(run_folder)
        return cls(run_folder, operator_of(run_folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections; the class goes on."""
        self._operator.close()

    @property
    def operator(self) -> Operator:
        """The operator of the exchange."""
        return self._operator

    @property
    def kept(self) -> Kept:
        """What is kept of it now."""
        return Kept.read(self.run_folder)

    def group(self, name: str) -> Group:
        """A group by its name, or its number."""
        groups = self.kept.groups
        try:
            return groups[self.named(name)]
        except KeyError:
            last = f"{len(groups):02}"
            raise ClassRefused(
                _("no such group: {name!r}; there are 01 to {last}", name=name[:20], last=last)
            ) from None

    @staticmethod
    def named(name: str) -> str:
        """The name of a group whose number is given."""
        return name.zfill(2)

    # Who is let in

    def admit(self, typed: str, address: str) -> str:
        """The group with a code that somebody at an address has typed. Raises ClassRefused."""
        if not self.guesses.allowed(address):
            raise ClassRefused(_("too many wrong codes were tried here: wait a minute, then type it again"))
        code = plain(typed)
        for name, group in self.kept.groups.items():
            if group.code == code:
                return name
        self.guesses.wrong(address)
        raise ClassRefused(_("no group has this code: look at your slip, and type it again"))

    def with_key(self, key: str) -> str:
        """The group whose program shows a key. Raises ClassRefused."""
        for name, group in self.kept.groups.items():
            if group.key == key:
                return name
        raise ClassRefused(_("this class has ended, or this folder is of another one: `ndxp class join CODE`"))

    def owner(self, subsystem: str) -> str:
        """The group that has a subsystem now. Raises ClassRefused."""
        for name, group in self.kept.groups.items():
            if subsystem in group.subsystems:
                return name
        raise ClassRefused(_("{subsystem!r} is no subsystem of a group", subsystem=subsystem[:100]))

    # What groups do

    @contextmanager
    def course(self, name: str) -> Iterator[Course]:
        """The lab that a group is at, for one at a time. Do not close it."""
        group = self.group(name)
        with self._of(name).alone:
            progress = Progress.read(self._folder(name))
            if group.lab not in progress.attempts:
                raise ClassRefused(_("group {name} has no lab yet: wait for your teacher", name=name))
            yield Course(self._operator, self._lab(group.lab), progress)

    def check(self, name: str, *, asked: bool = True) -> list[Result]:
        """What is done and what is not. ``asked`` says that the group wants to know, and not its page."""
        seen = self._of(name)
        with self.course(name) as course:
            before = len(course.attempt.done)
            seen.due = False
            seen.results = course.check()
            open_task = next((each.task for each in seen.results if not each.verdict.done), "")
            moved = len(course.attempt.done) > before
            once = self.group(name).done.get(course.name, [])
            new = [task for task in course.attempt.done if task not in once]

            def change(group: Group) -> None:
                if moved:
                    group.moved = time.time()
                group.done[course.name] = [*once, *new]
                if asked and open_task:
                    key = f"{course.name}/{open_task}"
                    group.checks[key] = group.checks.get(key, 0) + 1

            if moved or new or (asked and open_task):
                self.kept.change(name, change)
            return seen.results

    def results(self, name: str) -> list[Result]:
        """What the last check said; checks now when nobody has yet."""
        seen = self._of(name)
        return seen.results if seen.results and not seen.due else self.check(name, asked=False)

    def answer(self, name: str, task: str, text: str) -> None:
        """Keeps an answer of a group."""
        with self.course(name) as course:
            course.answer(task, text[:1000])
        self._of(name).due = True

    def look(self) -> None:
        """Checks the groups that have called since the last look. Who comes while somebody looks waits for that."""
        with self._looking:
            kept = self.kept
            owners = {subsystem: name for name, group in kept.groups.items() for subsystem in group.subsystems}
            for client in self._callers():
                if client in owners:
                    self._of(owners[client]).due = True
            for name in kept.groups:
                if self._of(name).due:
                    try:
                        self.check(name, asked=False)
                    except ClassRefused:
                        self._of(name).due = False  # it has no lab

    def own(self, name: str) -> Own:
        """The admin API as a group may use it."""
        groups = self.kept.groups
        theirs = {each for other, group in groups.items() if other != name for each in group.subsystems}
        return Own(self._operator.admin, groups[name].subsystems, theirs)

    # What a teacher does

    def begin(self, lab: str, names: Collection[str] = ()) -> None:
        """Groups, or all, begin a lab anew."""
        kept = self.kept
        found = find(lab, [Path(folder) for folder in kept.folders])
        _for_class(found)
        self._found[found.name] = found
        names = list(names or kept.groups)
        admin, gone = self._operator.admin, [each for name in names for each in self._now(name)]
        remove_subsystems(admin, gone)
        added = add_subsystems(
            admin, found.number, found.lab.roles, found.lab.members, len(names), rate=_RATE, burst=_BURST
        )
        for name, subsystems in zip(names, added, strict=True):
            self._begin(name, found, subsystems)

    def reset(self, name: str) -> None:
        """A group begins its lab anew."""
        self.begin(self.group(name).lab, [name])

    def fault(self, effects: str, names: Collection[str] = (), *, minutes: float = 10, **conditions: Any) -> int:
        """Sets a fault for the calls of groups, or of all; returns how many subsystems it is for."""
        until = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
        rules = [
            {"do": effects, "consumer": subsystem, "note": PUSHED, "valid_until": until, **conditions}
            for name in names or self.kept.groups
            for subsystem in self._now(name)
        ]
        for at in range(0, len(rules), _RULES):
            self._operator.admin.send("POST", "/faults", body=rules[at : at + _RULES])
        return len(rules)

    def calm(self, names: Collection[str] = ()) -> int:
        """Removes the faults that were set by ``fault`` for groups, or for all; returns how many."""
        admin, theirs = self._operator.admin, {each for name in names or self.kept.groups for each in self._now(name)}
        pushed = [fault for fault in admin.get("/faults") if fault["note"] == PUSHED and fault["consumer"] in theirs]
        for fault in pushed:
            admin.send("DELETE", f"/faults/{fault['id']}")
        return len(pushed)

    def standings(self) -> list[Standing]:
        """How far each group is, as the last checks said."""
        return [self._standing(name, group) for name, group in self.kept.groups.items()]

    def table(self) -> list[dict[str, Any]]:
        """What each group has done at each lab of this class, once at least: a row for each task."""
        rows = list[dict[str, Any]]()
        for name, group in self.kept.groups.items():
            for lab, attempt in Progress.read(self._folder(name)).attempts.items():
                for task in self._lab(lab).lab.tasks:
                    done, hints = int(task.name in group.done.get(lab, ())), attempt.hints.get(task.name, 0)
                    checks = group.checks.get(f"{lab}/{task.name}", 0)
                    rows.append(
                        {"group": name, "lab": lab, "task": task.name, "done": done, "checks": checks, "hints": hints}
                    )
        return rows

    def csv(self) -> str:
        """The same as CSV."""
        file, rows = io.StringIO(), self.table()
        writer = csv.DictWriter(file, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return file.getvalue()

    def latest(self, name: str, count: int) -> list[dict[str, Any]]:
        """The latest transactions of a group, the latest first."""
        found: list[dict[str, Any]] = self.own(name).ask("GET", "/transactions", {"limit": str(count)})
        return found

    def end(self) -> None:
        """Removes the groups with their subsystems, and all that was kept of them. The ledger stays as it is."""
        groups = list[Group]()
        try:
            groups += self.kept.groups.values()
        except ClassRefused:
            if not Kept.there(self.run_folder):
                raise
        remove_subsystems(self._operator.admin, {each for group in groups for each in group.subsystems})
        shutil.rmtree(self.run_folder / FOLDER)

    def _begin(self, name: str, found: Found, subsystems: dict[str, str]) -> None:
        with self._of(name).alone:
            folder = self._folder(name)
            folder.mkdir(mode=0o700, exist_ok=True)
            progress = Progress.read(folder)
            if (lab := self.group(name).lab) in progress.attempts and lab != found.name:
                Course(self._operator, self._lab(lab), progress).finish()
            Course(self._operator, found, progress).begin(self.kept.language, subsystems)

            def change(group: Group) -> None:
                group.lab, group.moved = found.name, time.time()
                group.subsystems += subsystems.values()
                group.checks = {task: n for task, n in group.checks.items() if not task.startswith(f"{found.name}/")}

            self.kept.change(name, change)
            self._of(name).due = True

    def _now(self, name: str) -> list[str]:
        """The subsystems that a group has now, without those of labs before."""
        attempt = Progress.read(self._folder(name)).attempts.get(self.group(name).lab)
        return list(attempt.subsystems.values()) if attempt else []

    def _standing(self, name: str, group: Group) -> Standing:
        attempt = Progress.read(self._folder(name)).attempts.get(group.lab)
        if attempt is None:
            return Standing(name, group.lab, "", 0, 0, "", 0, 0, 0.0)
        tasks = [task.name for task in self._lab(group.lab).lab.tasks]
        task = next((each for each in tasks if each not in attempt.done), "")
        return Standing(
            name, group.lab, attempt.state, len(attempt.done), len(tasks), task,
            group.checks.get(f"{group.lab}/{task}", 0), attempt.hints.get(task, 0), max(0.0, time.time() - group.moved),
        )  # fmt: skip

    def _callers(self) -> set[str]:
        """Who has called since the last look."""
        admin = self._operator.admin
        if self._place is None:
            self._place = int(admin.get("/totals", after=2**61)["last"])
            return set()
        callers = set[str]()
        while page := admin.get("/transactions", after=self._place, limit=_PAGE):
            callers |= {record["client"] for record in page}
            self._place = max(self._place, *(record["seq"] for record in page))
        return callers

    def _lab(self, name: str) -> Found:
        if name not in self._found:
            known = labs([Path(folder) for folder in self.kept.folders])
            self._found |= {each.name: each for each in known if each.name not in self._found}
        try:
            return self._found[name]
        except KeyError:
            raise ClassRefused(_("the lab {name} is not there any more", name=name)) from None

    def _of(self, name: str) -> _Seen:
        return self._seen.setdefault(name, _Seen())

    def _folder(self, name: str) -> Path:
        return self.run_folder / FOLDER / name


def _for_class(found: Found) -> None:
    """Raises ClassRefused for a lab that groups cannot do side by side."""
    if found.lab.alone:
        raise ClassRefused(
            _(
                "the lab {lab} kills processes of the exchange, so nobody else may use it meanwhile: one group does "
                "it, on an exchange of its own, with `ndxp lab start`",
                lab=found.name,
            )
        )
    if not found.lab.for_class:
        raise ClassRefused(
            _(
                "the lab {lab} is for one machine, because it needs files there or the rights of the operator: "
                "`ndxp lab start`",
                lab=found.name,
            )
        )
