"""What the check of an agency finds: every planted mistake, and nothing at an agency without one."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from ndxp.check.deadlines import check_deadlines
from ndxp.check.errors import check_echo
from ndxp.check.gateway_only import check_gateway_only
from ndxp.check.health import check_health
from ndxp.check.line import Line
from ndxp.check.mutations import check_mutations
from ndxp.check.onward import check_onward
from ndxp.check.paging import check_paging
from ndxp.check.reflection import check_reflection
from ndxp.check.release import check_release
from ndxp.check.result import Result, Status
from ndxp.check.style import check_style
from ndxp.check.subjects import check_subjects
from ndxp.check.suite import AgencyAway, check
from ndxp.check.wrong_input import check_wrong_input
from ndxp.contract import Contract
from tests.support.contracts import compiled
from tests.support.museum import MISTAKES, NAME, Museum

Part = Callable[[Line], Iterator[Result]]

FOUND: dict[str, tuple[Part, set[str]]] = {
    "no reflection": (check_reflection, {"reflection/offered"}),
    "another contract": (check_reflection, {"reflection/v1", "reflection/v1alpha"}),
    "no health": (check_health, {"health/serving"}),
    "no assertion needed": (check_gateway_only, {"gateway-only/no-assertion"}),
    "an assertion of any key": (check_gateway_only, {"gateway-only/forged-assertion"}),
    "an old assertion": (check_gateway_only, {"gateway-only/old-assertion"}),
    "an assertion for any method": (check_gateway_only, {"gateway-only/another-method"}),
    "all fields": (check_release, {"release/only-granted"}),
    "withheld fields not named": (check_release, {"release/withheld"}),
    "nobody named": (check_subjects, {"subjects/named"}),
    "done again": (check_mutations, {"mutations/again", "mutations/other-body"}),
    "answer for another request": (check_mutations, {"mutations/other-body"}),
    "negative page size": (check_paging, {"paging/sizes"}),
    "any page token": (check_paging, {"paging/token"}),
    "token of any list": (check_paging, {"paging/other-list"}),
    "pages overlap": (check_paging, {"paging/whole"}),
    "no reason": (check_wrong_input, {"errors/reason", "errors/field"}),
    "no field": (check_wrong_input, {"errors/field"}),
    "traceback": (check_wrong_input, {"errors/leak"}),
    "names repeated": (check_echo, {"errors/echo"}),
    "exception": (check_wrong_input, {"wrong-input/code", "errors/reason", "errors/leak"}),
    "garbage": (check_wrong_input, {"wrong-input/code"}),
    "hangs": (check_wrong_input, {"wrong-input/ends"}),
    "breaks with others": (check_onward, {"faults/onward"}),
    "places kept": (check_deadlines, {"deadlines/short", "deadlines/cancelled"}),
}


def failed(results: Iterator[Result]) -> set[str]:
    return {result.rule.name for result in results if result.status is Status.FAILED}


def test_every_planted_mistake_has_a_check_that_finds_it() -> None:
    assert set(FOUND) == MISTAKES


@pytest.mark.parametrize("mistake", FOUND)
def test_a_planted_mistake_is_found_and_nothing_else(mistake: str) -> None:
    part, expected = FOUND[mistake]
    with Museum(mistake) as museum, Line(museum.provider()) as line:
        assert failed(part(line)) == expected


def test_an_agency_without_a_mistake_passes() -> None:
    with Museum() as museum:
        results = list(check([museum.provider()]))
    assert failed(iter(results)) == set()
    assert {result.rule.name for result in results if result.status is Status.SKIPPED} == {"stop/graceful"}


def test_a_failure_says_what_was_sent_what_came_what_is_right_and_why() -> None:
    with Museum("exception") as museum, Line(museum.provider()) as line:
        found = next(result for result in check_wrong_input(line) if result.rule.name == "wrong-input/code")
    assert found.status is Status.FAILED
    assert found.where == f"{NAME}/StoreEntry"
    assert found.sent == "an empty request"
    assert found.came.startswith("UNKNOWN (no reason): Exception calling application")
    assert all((found.rule.right, found.rule.why, found.rule.guide))


def test_an_agency_may_not_be_asked_for_changes() -> None:
    with Museum() as museum:
        results = list(check([museum.provider(changes=False)]))
    skipped = {result.rule.name for result in results if result.where.endswith("StoreEntry") and result.note}
    assert {"mutations/again", "errors/echo", "wrong-input/code", "subjects/named"} <= skipped
    assert failed(iter(results)) == set()


def test_a_contract_of_bad_style_is_told_its_mistakes() -> None:
    with Museum() as museum:
        contract = Contract(compiled("library.proto"), "sample.library.v1.LibraryService")
        with Line(replace(museum.provider(), contract=contract)) as line:
            found = failed(check_style(line))
    assert found == {"style/comments", "style/names", "style/read-only", "style/request-id", "style/pages"}


def test_an_agency_that_is_away_is_said_to_be_away() -> None:
    with Museum() as museum:
        provider = museum.provider(patience=0.1)
    with pytest.raises(AgencyAway, match="does not take connections at 127"):
        list(check([provider]))
