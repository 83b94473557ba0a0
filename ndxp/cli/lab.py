"""Commands of the labs: lab list, start, show, check, watch, hint, answer, explain, solution, reset, finish, lesson."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ndxp.language import Language, _, speaking, spoken
from ndxp.options import DEFAULT_FOLDER, Folder, Json, Labs
from ndxp.terminal import console, print_json, remark, styled, table

if TYPE_CHECKING:
    from ndxp.classroom.pupil import Joined
    from ndxp.labs.course import Course as Own
    from ndxp.labs.course import Result  # they bring gRPC, which takes time to import

    Course = Own | Joined

app = typer.Typer()
lab_app = typer.Typer(
    help="Lessons whose exercises check themselves: they look at what really happened in the ledger.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip
app.add_typer(lab_app, name="lab")

NOT_DONE = 1
"""Exit code of a check that found a task which is not done."""

_Lang = Annotated[Language | None, typer.Option("--lang", help="The language of the lab.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="The lab's name, or its number.")]

_LOOK_AGAIN = 2.0


@lab_app.command("list")
def list_labs(
    labs: Labs = None, language: _Lang = None, folder: Folder = DEFAULT_FOLDER, as_json: Json = False
) -> None:
    """Shows the labs, how long they take, and how far you are.

    Examples: `ndxp lab list`; `ndxp lab list --lang vi`
    """
    from ndxp.labs.progress import Progress
    from ndxp.labs.shelf import labs as all_labs

    attempts, shown = Progress.read(folder).attempts, list[dict[str, Any]]()
    for found in all_labs(labs or []):
        attempt = attempts.get(found.name)
        titles = {each: found.text(each).title for each in ("vi", "en")}
        shown.append(
            {
                "name": found.name, "title": titles, "minutes": found.lab.minutes,
                "tasks": [task.name for task in found.lab.tasks], "for_class": found.lab.for_class,
                "state": attempt.state if attempt else "",
                "done": attempt.done if attempt else [], "looked": bool(attempt and attempt.looked),
            }
        )  # fmt: skip
    if as_json:
        print_json(shown)
        return
    read = language or spoken()
    rows = [
        (each["name"], each["title"][read], each["minutes"], _("yes") if each["for_class"] else "",
         f"{len(each['done'])}/{len(each['tasks'])}", each["state"])
        for each in shown
    ]  # fmt: skip
    console.print(table(("lab", "title", "minutes#", "for a class", "done#", ""), rows))


@lab_app.command()
def start(
    name: _Name,
    language: _Lang = None,
    labs: Labs = None,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Starts a lab on the running exchange, with a fresh state, and tells its tasks.

    The lab has subsystems of its own, so that nobody else on the exchange is disturbed. A lab that was started before
    begins anew.

    Examples: `ndxp lab start 1`; `ndxp lab start first-call --lang vi`
    """
    from ndxp.classroom.pupil import Joined
    from ndxp.labs.course import Course
    from ndxp.labs.text import LabRefused

    if Joined.there(folder):
        raise LabRefused(_("in a class your teacher starts the lab: `ndxp lab show` tells its tasks"))
    with Course.start(folder, name, language or spoken(), labs or []) as course, speaking(course.language):
        _begin(course, as_json)
        if course.disturbed:
            others = ", ".join(course.disturbed)
            remark(_("This lab kills processes of the exchange; these labs are on it too: {labs}", labs=others))


@lab_app.command("show")
def show_tasks(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Tells the tasks of the lab again that was started last, or that the class is at.

    Example: `ndxp lab show`
    """
    _with_course(folder, lambda course: _begin(course, as_json))


@lab_app.command()
def check(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Says which tasks are done, which are not, and what the ledger shows.

    Exit code 0 when all tasks are done, 1 when one is not.

    Example: `ndxp lab check`
    """

    def checked(course: "Course") -> None:
        results = course.check()
        if as_json:
            print_json({**_plain(course, results), "calls": course.seen()})
        else:
            _print_results(course, results)
            console.print(_("What the ledger shows since the start:"))
            for subsystem, lines in course.seen().items():
                console.print(subsystem, style="bold")
                for line in lines:
                    console.print(f"  {_(line)}", soft_wrap=True)  # a text when there are no calls
        if not all(result.verdict.done for result in results):
            raise typer.Exit(NOT_DONE)

    _with_course(folder, checked)


@lab_app.command()
def watch(
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = _LOOK_AGAIN,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Checks again and again while you work elsewhere; ends when all tasks are done, or with Ctrl-C.

    It prints when something has changed.

    Example: `ndxp lab watch`
    """

    def watched(course: "Course") -> None:
        if not as_json:
            console.print(_("Watching: work in another terminal. Ctrl-C ends this."), soft_wrap=True)
        before: Any = None
        while True:
            results = course.check()
            told = _plain(course, results)
            if told != before:
                print_json(told, indent=None) if as_json else _print_results(course, results)
            if all(result.verdict.done for result in results):
                return
            before = told
            time.sleep(every)

    _with_course(folder, watched)


@lab_app.command()
def hint(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Gives a hint for the first task that is not done; each time a more telling one.

    Example: `ndxp lab hint`
    """

    def hinted(course: "Course") -> None:
        found = course.hint()
        if as_json:
            print_json({"task": found[0].task, "hint": course.filled(found[1])} if found else {})
        elif found is None:
            console.print(course.all_done, soft_wrap=True)
        else:
            result, text = found
            console.print(styled("[bold]{}[/] ({})", _("Hint"), result.task))
            print_markdown(course.filled(text))

    _with_course(folder, hinted)


@lab_app.command()
def answer(
    task: Annotated[str, typer.Argument(metavar="TASK", help="The task that asks a question.")],
    text: Annotated[str, typer.Argument(metavar="ANSWER", help="The answer; the check compares it with the ledger.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Answers a task that asks a question.

    Example: `ndxp lab answer transaction 01890a5d-ac96-774b-bcce-b302099a8057`
    """

    def answered(course: "Course") -> None:
        course.answer(task, text)
        _say(course, _("The answer is kept: `ndxp lab check`."), as_json)

    _with_course(folder, answered)


@lab_app.command()
def explain(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Explains what has happened, when all tasks are done.

    Example: `ndxp lab explain`
    """
    _with_course(folder, lambda course: _tell(course.explanation(), as_json))


@lab_app.command()
def solution(
    run: Annotated[bool, typer.Option("--run", help="Carry it out as well.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Shows how the tasks can be done. `ndxp lab list --json` tells that it was looked at.

    Examples: `ndxp lab solution`; `ndxp lab solution --run`
    """

    def solved(course: "Course") -> None:
        text = course.solution()
        if run:
            course.solve()
        if as_json:
            print_json({"text": text, "run": run})
            return
        print_markdown(text)
        if run:
            console.print(_("The solution was carried out."))

    _with_course(folder, solved)


@lab_app.command()
def reset(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Makes the state of the start again. What was called stays in the ledger, and counts no more.

    Example: `ndxp lab reset`
    """

    def begun_anew(course: "Course") -> None:
        course.reset()
        _begin(course, as_json)

    _with_course(folder, begun_anew)


@lab_app.command()
def finish(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Ends a lab: removes its subsystems with their grants, quotas and faults.

    Example: `ndxp lab finish`
    """

    def ended(course: "Course") -> None:
        course.finish()
        _say(
            course,
            _("Finished: its subsystems, grants and faults are gone; its calls stay in the ledger."),
            as_json,
        )

    _with_course(folder, ended)


@lab_app.command()
def lesson(
    name: _Name,
    language: _Lang = None,
    labs: Labs = None,
    as_json: Json = False,
) -> None:
    """Shows the lesson plan of a lab, for teachers: goals, prior knowledge, questions, sources in law.

    It needs no exchange.

    Examples: `ndxp lab lesson 1`; `ndxp lab lesson 2 --lang vi`
    """
    from ndxp.labs.shelf import find

    _tell(find(name, labs or []).text(language or spoken()).lesson, as_json)


def print_markdown(text: str) -> None:
    """Prints Markdown so that its commands can be copied: headings bold, fences as indented lines of another colour."""
    fenced = False
    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            console.print(f"    {line}", style="cyan", soft_wrap=True)
        elif line.startswith("#"):
            console.print(line.lstrip("# "), style="bold", soft_wrap=True)
        else:
            console.print(line, soft_wrap=True)


def _with_course(folder: Path, act: "Callable[[Course], None]") -> None:
    """Does something with the lab started last, or that of the class that the folder has joined; in its language."""
    from ndxp.classroom.pupil import Joined
    from ndxp.labs.course import Course

    started = Joined.go_on(folder) if Joined.there(folder) else Course.go_on(folder)
    with started as course, speaking(course.language):
        act(course)


def _begin(course: "Course", as_json: bool) -> None:
    """Tells a lab and its tasks."""
    text = course.text
    names = course.tasks
    if as_json:
        tasks = [
            {"name": name, "title": task.title, "text": course.filled(task.body)}
            for name, task in zip(names, text.tasks, strict=True)
        ]
        introduction = course.filled(text.introduction)
        print_json({"name": course.name, "title": text.title, "introduction": introduction, "tasks": tasks})
        return
    print_markdown(f"# {text.title}\n\n{course.filled(text.introduction)}")
    for number, (name, task) in enumerate(zip(names, text.tasks, strict=True), 1):
        print_markdown(f"\n# {_('Task')} {number} ({name}): {task.title}\n\n{course.filled(task.body)}")
    console.print(f"\n{_('Next: do the first task, then `ndxp lab check`; `ndxp lab hint` helps.')}", soft_wrap=True)


def _print_results(course: "Course", results: "list[Result]") -> None:
    for result in results:
        mark, colour = ("✔", "green") if result.verdict.done else ("✗", "red")
        why = course.filled(result.verdict.why[course.language])
        console.print(styled(f"[{colour}]{mark}[/] {{}}: {{}}", result.task, why), soft_wrap=True)
    if all(result.verdict.done for result in results):
        console.print(course.all_done, soft_wrap=True)


def _plain(course: "Course", results: "list[Result]") -> dict[str, Any]:
    tasks = [
        {
            "task": each.task, "title": each.text.title, "done": each.verdict.done,
            "why": course.filled(each.verdict.why[course.language]),
        }
        for each in results
    ]  # fmt: skip
    return {"lab": course.name, "done": all(each.verdict.done for each in results), "tasks": tasks}


def _tell(text: str, as_json: bool) -> None:
    if as_json:
        print_json({"text": text})
    else:
        print_markdown(text)


def _say(course: "Course", sentence: str, as_json: bool) -> None:
    if as_json:
        print_json({"lab": course.name, "state": course.state})
    else:
        console.print(sentence, soft_wrap=True)
