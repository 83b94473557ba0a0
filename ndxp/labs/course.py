"""A lab on a running exchange: starts it, checks it, gives hints, solves it, and ends it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import grpc

from ndxp.classroom.kept import Kept
from ndxp.labs.lab import Language, Task, Verdict, wrong
from ndxp.labs.progress import Attempt, Progress
from ndxp.labs.shelf import Found, find
from ndxp.labs.text import LabRefused, TaskText, Text, filled
from ndxp.labs.workplace import Workplace, add_subsystems, remove_subsystems
from ndxp.language import _
from ndxp.sandbox.operator import Operator
from ndxp.sandbox.state import State
from ndxp.wire import status

_SHOWN = 50
"""How many calls of a subsystem are shown: a load test makes thousands."""


@dataclass(frozen=True, slots=True)
class Result:
    """A task with what its check says now."""

    task: str
    text: TaskText
    verdict: Verdict


class Course:
    """An attempt at one lab. Use it in a ``with`` statement.

    ``start`` makes it; ``go_on`` takes the one that was started last. Both raise NoSandbox, LabRefused or AdminRefused.
    """

    def __init__(self, operator: Operator, found: Found, progress: Progress) -> None:
        self._operator = operator
        self._found = found
        self._progress = progress

    @classmethod
    def start(cls, run_folder: Path, name: str, language: Language, folders: Sequence[Path] = ()) -> Self:
        """Starts a lab anew, with a fresh state; another attempt at it ends."""
        found = find(name, folders)
        if found.lab.alone and Kept.there(run_folder):
            raise LabRefused(
                _(
                    "the lab {lab} kills processes of the exchange, and a class is on it: `ndxp class end` ends the "
                    "class, or start the lab on an exchange of its own",
                    lab=found.name,
                )
            )
        course = cls(operator_of(run_folder), found, Progress.read(run_folder))
        course.begin(language)
        return course

    @classmethod
    def go_on(cls, run_folder: Path) -> Self:
        """The lab that was started last."""
        progress = Progress.read(run_folder)
        if progress.current not in progress.attempts:
            raise LabRefused(
                _("no lab is started here: `ndxp lab list` shows them, `ndxp lab start 1` starts the first")
            )
        found = Found(Path(progress.attempts[progress.current].folder))
        return cls(operator_of(run_folder), found, progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections; the attempt goes on."""
        self._operator.close()

    @property
    def name(self) -> str:
        """The lab's name."""
        return self._found.name

    @property
    def attempt(self) -> Attempt:
        """What is kept of it."""
        try:
            return self._progress.attempts[self.name]
        except KeyError:
            raise LabRefused(_("the lab {name} is not started: `ndxp lab start {name}`", name=self.name)) from None

    @property
    def disturbed(self) -> list[str]:
        """Other labs on the exchange that are not finished, if this one kills processes of the exchange."""
        attempts = self._progress.attempts.items() if self._found.lab.alone else ()
        return [name for name, attempt in attempts if name != self.name and attempt.state != "finished"]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the lab's tasks, in the order of their texts."""
        return tuple(task.name for task in self._found.lab.tasks)

    @property
    def language(self) -> Language:
        """The language of the attempt."""
        return self.attempt.language

    @property
    def subsystems(self) -> dict[str, str]:
        """The subsystems of the attempt by role."""
        return self.attempt.subsystems

    @property
    def state(self) -> str:
        """Whether the attempt is started, done or finished."""
        return self.attempt.state

    @property
    def all_done(self) -> str:
        """What is told when all tasks are done."""
        return _("All tasks are done. `ndxp lab explain` says why it is so; `ndxp lab finish` clears up.")

    @property
    def text(self) -> Text:
        """The lab's texts in the language of the attempt."""
        return self._found.text(self.attempt.language)

    def filled(self, text: str) -> str:
        """A text of the lab with the values of this attempt."""
        return filled(text, self.attempt.values)

    def check(self) -> list[Result]:
        """What the ledger, the registry and the answers say of each task now, also answers from another terminal."""
        self._progress = Progress.read(self._progress.run_folder)
        place, texts = self.workplace(once=True), self.text.tasks
        pairs = zip(self._found.lab.tasks, texts, strict=True)
        results = [Result(task.name, text, _judged(task, place)) for task, text in pairs]
        done = [result.task for result in results if result.verdict.done]
        state = "done" if len(done) == len(results) else "started"
        if (done, state) != (self.attempt.done, self.attempt.state):
            self._keep(done=done, state=state)
        return results

    def seen(self) -> dict[str, list[str]]:
        """The last calls that the ledger has of each subsystem that the text names, since the start, as a table."""
        place, text, seen = self.workplace(once=True), self.text, dict[str, list[str]]()
        for role, subsystem in place.subsystems.items():
            if not text.names(role):
                continue
            calls = place.calls(role)
            seen[subsystem] = list(calls[-_SHOWN:].table())
            if earlier := len(calls[:-_SHOWN]):
                told: dict[Language, str] = {"en": f"{earlier} calls before", "vi": f"{earlier} lời gọi trước đó"}
                seen[subsystem].insert(1, told[self.attempt.language])
        return seen

    def answer(self, task: str, text: str) -> None:
        """Keeps an answer to a task. Raises LabRefused for a task that there is not."""
        if task not in self.tasks:
            raise LabRefused(
                _("this lab has no task {task!r}; it has {names}", task=task[:100], names=", ".join(self.tasks))
            )
        self._progress.keep(self.name, lambda attempt: attempt.answers.update({task: text.strip()}))

    def hint(self) -> tuple[Result, str] | None:
        """The next hint for the first task that is not done; the last one again and again. None when all are done."""
        result = next((each for each in self.check() if not each.verdict.done), None)
        if result is None:
            return None
        number = self.attempt.hints.get(result.task, 0)
        self._keep(hints={**self.attempt.hints, result.task: min(number + 1, len(result.text.hints))})
        return result, result.text.hints[min(number, len(result.text.hints) - 1)]

    def explanation(self) -> str:
        """What has happened and why. Raises LabRefused before all tasks are done."""
        if len(self.attempt.done) < len(self.tasks):
            raise LabRefused(_("the explanation comes when all tasks are done: `ndxp lab check` says what is missing"))
        return self.filled(self.text.explanation)

    def solution(self) -> str:
        """How the tasks can be done; that somebody has looked at it is kept."""
        self._keep(looked=True)
        return self.filled(self.text.solution)

    def solve(self) -> None:
        """Does what the solution says, as the pupil's subsystems."""
        place = self.workplace()
        self._found.solve(place)
        self._keep(looked=True, answers=dict(place.answers))

    def reset(self) -> None:
        """The state of the start again."""
        self.begin(self.attempt.language)

    def finish(self) -> None:
        """Removes the lab's subsystems with all that they have on the exchange. What was done stays in the ledger."""
        remove_subsystems(self._operator.admin, self.attempt.subsystems.values())
        self._keep(state="finished")

    def begin(self, language: Language, subsystems: dict[str, str] | None = None) -> None:
        """Makes the state of a start; another attempt at this lab ends.

        ``subsystems`` are those of the attempt if they were added already, and those of the attempt before removed.
        """
        self._found.text(language)  # a text that is not there is told before anything is changed
        lab, admin, name = self._found.lab, self._operator.admin, self.name
        if lab.simulated_clock and self._operator.state.clock_file is None:
            raise LabRefused(
                _("in {name} working days pass: start an exchange for it with `ndxp up -d --clock manual`", name=name)
            )
        if subsystems is None:
            if name in self._progress.attempts:
                remove_subsystems(admin, self.attempt.subsystems.values())
            [subsystems] = add_subsystems(admin, self._found.number, lab.roles, lab.members)
        shutil.rmtree(self._progress.files(name))
        files = self._progress.files(name)
        values = {**subsystems, "folder": str(files.resolve())}
        try:
            values |= lab.prepare(Workplace(self._operator, subsystems, files, values=values))
            self._operator.wait()
        except BaseException:
            remove_subsystems(admin, subsystems.values())
            raise
        since = self._operator.recorded()
        self._progress.begin(name, Attempt(str(self._found.folder), language, since, subsystems, values))

    def _keep(self, **changed: Any) -> None:
        """Keeps what has changed of the attempt."""

        def change(attempt: Attempt) -> None:
            for field, value in changed.items():
                setattr(attempt, field, value)

        self._progress.keep(self.name, change)

    def workplace(self, *, once: bool = False) -> Workplace:
        """What the lab has on the exchange; see there for ``once``. Raises LabRefused for a lab that is finished."""
        attempt = self.attempt
        if attempt.state == "finished":
            raise LabRefused(_("the lab {name} is finished: `ndxp lab start {name}` begins it anew", name=self.name))
        return Workplace(
            self._operator, attempt.subsystems, self._progress.files(self.name), since=attempt.since,
            values=attempt.values, answers=attempt.answers, once=once,
        )  # fmt: skip


def _judged(task: Task, place: Workplace) -> Verdict:
    """What the check of a task says; a task whose agency does not answer the check is not done."""
    try:
        return task.check(place)
    except grpc.RpcError as error:
        why = status.decode(error).message
        return wrong(
            f"this cannot be checked now, an agency does not answer: {why}",
            f"hiện chưa kiểm tra được, một cơ quan không trả lời: {why}",
        )


def operator_of(run_folder: Path) -> Operator:
    """The operator of an exchange on this machine. Raises NoSandbox or LabRefused."""
    state = State.running(run_folder)
    if state.attached:
        raise LabRefused(
            _(
                "labs and classes need an exchange that `ndxp up` has started on this machine; {folder} is attached to "
                "one that runs in containers or elsewhere",
                folder=run_folder,
            )
        )
    return Operator(state)
