"""The figures of provinces: what is not reported is no zero, and the agencies are asked once for everybody."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from console.exchange import Exchange, Refused
from console.figures import Answer, Centre, Figures, Use
from ndxp.emc.v1 import emc_pb2 as emc
from ndxp.one_stop.v1.one_stop_pb2 import GetPunctualityResponse
from ndxp.operations.v1 import operations_pb2 as operations
from ndxp.testing import RunningExchange
from ndxp.world.provinces import province_by_code, provinces

HA_NAM, HA_NOI = province_by_code("035"), province_by_code("001")

_Given = TypeVar("_Given")


def answer(value: _Given) -> Answer[_Given]:
    return Answer(value, "", datetime(2023, 7, 12, 9, tzinfo=UTC))


SILENT: Answer[GetPunctualityResponse] = Answer(None, "UNAVAILABLE: away", datetime(2023, 7, 12, 9, tzinfo=UTC))
RANKING = emc.GetRankingResponse(
    ranks=[emc.Rank(place=1, member="VN/GOV/H26", calls=9), emc.Rank(place=2, member="VN/GOV/H25")]
)
FIGURES = Figures(
    dossiers={each.agency_code: answer(GetPunctualityResponse()) for each in provinces()},
    stays=answer({"001": 3}),
    today=answer(operations.Figures()),
    usage=answer({"H26": Use(calls=4, answered=3)}),
    ranks={"ops.provinces": answer(RANKING)},
)


def values(figures: Figures, code: str) -> dict[str, float | None]:
    return {figure.name: figure.value for figure in figures.of(province_by_code(code))}


def test_what_nobody_has_reported_is_no_zero() -> None:
    assert values(FIGURES, "035") == {
        "ops.dossiers": 0, "ops.on_time": None, "ops.online": None, "ops.late": None, "ops.stays": None,
        "ops.admissions": None, "ops.attendance": None, "ops.calls": 0, "ops.answered": None, "ops.rank": None,
    }  # fmt: skip


def test_what_was_reported_is_shown() -> None:
    counts = answer(GetPunctualityResponse(received=8, online=6, ended=4, on_time=3, late=1))
    day = operations.Figures(
        hospitals=1, admissions=operations.Admissions(admitted=0),
        schools=1, attendance=operations.Attendance(enrolled=10, present=9),
    )  # fmt: skip
    figures = replace(FIGURES, dossiers={**FIGURES.dossiers, "H25": counts, "H26": counts}, today=answer(day))
    expected = {"ops.dossiers": 8, "ops.on_time": 0.75, "ops.online": 0.75, "ops.late": 1}
    assert values(figures, "035").items() >= {**expected, "ops.admissions": 0, "ops.attendance": 0.9}.items()
    others = {"ops.stays": 3, "ops.admissions": None, "ops.calls": 4, "ops.answered": 0.75, "ops.rank": 1}
    assert values(figures, "001").items() >= {**expected, **others}.items()


def test_a_system_that_does_not_answer_has_no_figures_and_the_reason_is_kept() -> None:
    figures = replace(FIGURES, dossiers={**FIGURES.dossiers, "H25": SILENT})
    assert not figures.answers(HA_NAM)
    assert figures.answers(HA_NOI)
    found = figures.one(HA_NAM, "ops.dossiers")
    assert (found.value, found.why) == (None, "UNAVAILABLE: away")


def test_the_agencies_are_asked_once_for_everybody_and_anew_when_answers_are_old(exchange: RunningExchange) -> None:
    async def ask() -> list[Figures]:
        centre = Centre(Exchange(exchange.folder, "viewer"))
        first, second = await asyncio.gather(centre.figures(), centre.figures())
        return [first, second, await centre.figures(), await centre.figures(0.0)]

    first, second, later, anew = asyncio.run(ask())
    assert first is second
    assert first is later
    assert anew is not first
    assert [province.name for province in provinces() if not first.answers(province)] == []
    assert None not in (first.stays.value, first.today.value)
    assert [answer.why for answer in first.ranks.values() if answer.value is None] == []


def test_without_the_operators_secret_nothing_is_asked(exchange: RunningExchange, tmp_path: Path) -> None:
    state = json.loads((exchange.folder / "run.json").read_text(encoding="utf-8"))
    (tmp_path / "run.json").write_text(json.dumps({**state, "folder": str(tmp_path)}), encoding="utf-8")
    known = json.loads((exchange.folder / "credentials.json").read_text(encoding="utf-8"))
    (tmp_path / "credentials.json").write_text(json.dumps({"viewer": known["viewer"]}), encoding="utf-8")
    with pytest.raises(Refused, match="has no credentials of VN/GOV/G22/operations"):
        asyncio.run(Centre(Exchange(tmp_path, "viewer")).figures())
