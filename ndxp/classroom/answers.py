"""What a class tells a group's programs, as JSON."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ndxp.classroom.classroom import Classroom
from ndxp.classroom.pupil import Membership
from ndxp.client import Credentials
from ndxp.labs.course import Course, Result


def now(room: Classroom, name: str, *, here: bool) -> dict[str, Any]:
    """The lab of a group, and what its folder needs; ``here`` says that the folder is on the exchange's machine."""
    state, group = room.operator.state, room.group(name)
    with room.course(name) as course:
        subsystems = course.attempt.subsystems
        lab = _lab(course)
    theirs = [Credentials.load(state.credentials, each) for each in subsystems.values()]
    keys = (Path(state.folder) / "ledger-keys").read_text(encoding="utf-8").split()
    shown = {each.client_id: each.tls for each in theirs if each.tls is not None} if state.tls else {}
    member = Membership(
        name, group.key, state.gateway if here else state.reached, state.rest_url if here else "", subsystems,
        {each.client_id: each.secret for each in theirs}, keys,
        authority=next((tls.authority.decode() for tls in shown.values()), ""),
        certificates={client: tls.own.decode() for client, tls in shown.items()},
    )  # fmt: skip
    return {"lab": lab, "member": asdict(member)}


def checked(room: Classroom, name: str) -> dict[str, Any]:
    """What is done and what is not, as a group has asked for it."""
    results = room.check(name)
    with room.course(name) as course:
        return {"lab": course.name, "tasks": [told(course, each) for each in results]}


def told(course: Course, result: Result) -> dict[str, Any]:
    """The verdict on a task, with the values of the group."""
    why = {language: course.filled(text) for language, text in result.verdict.why.items()}
    return {"task": result.task, "title": result.text.title, "done": result.verdict.done, "why": why}


def hint(room: Classroom, name: str) -> dict[str, Any]:
    """The next hint for the first task that is not done; empty when all are done."""
    with room.course(name) as course:
        found = course.hint()
        if found is None:
            return {}
        return {"task": found[0].task, "title": found[0].text.title, "hint": course.filled(found[1])}


def _lab(course: Course) -> dict[str, Any]:
    text = course.text
    tasks = [
        {"name": name, "title": task.title, "text": course.filled(task.body)}
        for name, task in zip(course.tasks, text.tasks, strict=True)
    ]
    return {
        "name": course.name, "language": course.language, "state": course.attempt.state, "title": text.title,
        "introduction": course.filled(text.introduction), "tasks": tasks,
    }  # fmt: skip
