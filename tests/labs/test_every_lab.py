"""What holds for every lab: it begins undone, its solution does it, and whoever only says so does not pass."""

import re
import unicodedata
from pathlib import Path

import pytest

from ndxp.labs.lab import LANGUAGES
from ndxp.labs.shelf import Found, labs
from ndxp.testing import RunningExchange
from tests.labs.conftest import Begin, missing

LABS = labs()
every_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)


@pytest.mark.long
@every_lab
def test_its_solution_passes_after_a_start_that_does_not_and_a_reset_begins_anew(lab: Found, begin: Begin) -> None:
    course, tasks = begin(lab.name), [task.name for task in lab.lab.tasks]
    assert missing(course) == tasks
    course.solve()
    assert missing(course) == []
    assert course.explanation()
    before = set(course.attempt.subsystems.values())
    course.reset()
    assert missing(course) == tasks
    assert before.isdisjoint(course.attempt.subsystems.values()), "agencies remember the requests of the old ones"


@every_lab
def test_whoever_only_says_so_does_not_pass(lab: Found, begin: Begin, exchange: RunningExchange) -> None:
    course, tasks = begin(lab.name), [task.name for task in lab.lab.tasks]
    somebody = exchange.admin.get("transactions", params={"limit": 1}).json()[0]["transaction_id"]
    for said in ("done", "OK", "1", somebody):
        for task in tasks:
            course.answer(task, said)
        assert missing(course) == tasks


@every_lab
def test_both_languages_have_the_same_tasks_hints_and_commands(lab: Found) -> None:
    texts = {language: lab.text(language) for language in LANGUAGES}
    assert [len(task.hints) for task in texts["vi"].tasks] == [len(task.hints) for task in texts["en"].tasks]
    assert all(task.hints and task.body for text in texts.values() for task in text.tasks)
    for page in ("introduction", "explanation", "solution", "lesson"):
        assert all(getattr(text, page) for text in texts.values())
    named = [
        {
            word
            for part in (text.introduction, *(task.body for task in text.tasks))
            for word in re.findall(r"\{\w+\}", part)
        }
        for text in texts.values()
    ]
    assert named[0] == named[1]


@every_lab
def test_one_for_a_class_needs_no_files_of_the_pupil_and_changes_nothing_for_others(lab: Found) -> None:
    if lab.lab.for_class:
        assert (lab.lab.alone, lab.lab.simulated_clock) == (False, False)
        for language in LANGUAGES:
            text = lab.text(language)
            parts = [text.introduction, text.explanation, *(task.body for task in text.tasks)]
            parts += [hint for task in text.tasks for hint in task.hints]
            assert [part for part in parts if "{folder}" in part or "{doors}" in part] == []


def test_some_labs_are_for_a_class_and_the_others_for_one_machine() -> None:
    assert [lab.number for lab in LABS if lab.lab.for_class] == ["01", "02", "03", "04", "07", "08", "14"]


def test_the_guide_says_which_are_for_a_class() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "labs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\d\d-[a-z-]+)` \| (\d+) \| (yes|) ?\|", guide, re.MULTILINE)
    assert rows == [(lab.name, str(lab.lab.minutes), "yes" if lab.lab.for_class else "") for lab in LABS]


@every_lab
def test_every_value_in_its_texts_is_known(lab: Found, begin: Begin) -> None:
    course = begin(lab.name)
    for language in LANGUAGES:
        text = lab.text(language)
        parts = [text.introduction, text.explanation, text.solution, *(task.body for task in text.tasks)]
        parts += [hint for task in text.tasks for hint in task.hints]
        for part in parts:
            assert re.findall(r"\{[a-z_]+\}", course.filled(part)) == []


@every_lab
def test_its_vietnamese_has_its_diacritics_in_their_composed_form(lab: Found) -> None:
    for path in (lab.folder / "vi").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text)
        prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
        if path.stem != "solution":
            assert sum(not letter.isascii() and letter.isalpha() for letter in prose) > len(prose) / 10


@every_lab
def test_its_lesson_plan_has_goals_questions_and_sources(lab: Found) -> None:
    wanted = {
        "en": ("Goals", "Prior knowledge", "Questions for the discussion", "Sources in law"),
        "vi": ("Mục tiêu", "Kiến thức cần có", "Câu hỏi thảo luận", "Căn cứ pháp lý"),
    }
    for language in LANGUAGES:
        assert [word for word in wanted[language] if word not in lab.text(language).lesson] == []
