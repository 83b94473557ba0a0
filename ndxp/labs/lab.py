"""What a lab is: its subsystems, its state at the start, and its tasks, each with a check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ndxp.language import Language

if TYPE_CHECKING:
    from ndxp.labs.workplace import Workplace

__all__ = ["LANGUAGES", "Lab", "Language", "Task", "Verdict", "right", "wrong"]

LANGUAGES: tuple[Language, ...] = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says of a task: whether it is done, and why, by language."""

    done: bool
    why: Mapping[Language, str]


def right(en: str, vi: str) -> Verdict:
    """The task is done."""
    return Verdict(True, {"en": en, "vi": vi})


def wrong(en: str, vi: str) -> Verdict:
    """The task is not done; the text says what is missing, and not how to do it."""
    return Verdict(False, {"en": en, "vi": vi})


Check: TypeAlias = "Callable[[Workplace], Verdict]"


@dataclass(frozen=True, slots=True)
class Task:
    """One task. ``name`` is how the command and ``ndxp lab answer`` name it."""

    name: str
    check: Check


def _nothing(_: "Workplace") -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A lab.

    ``roles`` are its subsystems: the name of each, and the subsystem whose rights it has. ``members`` are further
    roles, each the only subsystem of a member of its own, with the groups of this member: a lab may disable it without
    disturbing anybody. ``prepare`` makes the state at the start, and gives values that the texts name in braces, such
    as a citizen's number; the subsystems of the roles are among these values already. ``minutes`` is how long a class
    needs. A lab with ``simulated_clock`` waits for working days to pass: it is for exchanges whose clock is not real.
    One that is ``alone`` kills processes of the exchange: it is for an exchange that nobody else uses meanwhile.
    ``for_class`` says that the groups of a class can do it side by side, at other machines too: its checks read no
    files of the pupil, and its tasks need the rights of a group only (``ndxp.classroom.own``).
    """

    minutes: int
    roles: Mapping[str, str]
    tasks: tuple[Task, ...]
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    simulated_clock: bool = False
    alone: bool = False
    for_class: bool = False
    prepare: "Callable[[Workplace], Mapping[str, str]]" = field(default=_nothing)
