"""What longer commands print at their end, in Vietnamese."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ndxp.check.report import report
from ndxp.check.result import Rule, WhyNot
from ndxp.cli import check, demo
from ndxp.cli.replay import Count
from ndxp.cli.stories import exam, stays
from ndxp.education.v1 import education_pb2 as pb
from ndxp.language import speaking
from tests.ndxp.cli.conftest import Ndxp


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the commands print."""
    into = io.StringIO()
    for command in (check, demo, exam, stays):
        monkeypatch.setattr(command, "console", Console(file=into, width=200))
    return into


def test_the_result_of_a_check(printed: io.StringIO) -> None:
    rule = Rule("errors/leak", "what is right", "why it matters", "docs/errors.md")
    results = [rule.skipped("a.B/C", WhyNot.NO_EXAMPLE), rule.failed("a.B/D", sent="{}", came="a traceback")]
    told = report(results, provider="VN/GOV/G13/land", address="h:1", at="2026-12-01", seed=0, tries=3)
    with speaking("vi"):
        check._print(told)
    assert "thất bại errors/leak:a.B/D" in printed.getvalue()
    assert "  nhận về: a traceback" in printed.getvalue()
    assert "bỏ qua (1): không có yêu cầu mẫu; hãy đưa bằng --examples" in printed.getvalue()
    assert printed.getvalue().endswith("VN/GOV/G13/land: 1 phép kiểm tra không đạt.\n")
    assert [result["status"] for result in told["results"]] == ["skipped", "failed"]


def test_the_end_of_a_demo(printed: io.StringIO, tmp_path: Path) -> None:
    counts = [
        Count("VerifyCitizen, by 80 members", 5, 5, 3, 2, 3, 5, 5),
        Count("  nested, by the insurer", 1, 1, 1, 0, 1, 1, 1),
    ]
    with speaking("vi"):
        demo._show(counts, 12.0, {}, tmp_path, keep=True)
    lines = printed.getvalue().splitlines()
    assert any(line.startswith("✔ VerifyCitizen, từ 80 đơn vị ") for line in lines)
    assert any(line.startswith("✔   lồng nhau, từ cơ quan bảo hiểm") for line in lines)
    assert any("59,6 % khớp: ở đây 3 trong 5 phải khớp, và 3 đã khớp" in line for line in lines)
    assert "✗ Lời gọi không có quyền đã không bị từ chối." in lines
    assert any(line.startswith("Thử tiếp: `ndxp log tail") for line in lines)


def test_the_end_of_a_story_of_pupils(printed: io.StringIO) -> None:
    told: dict[str, Any] = {
        "season": {"year": 2026, "closingDay": "2026-05-13"}, "registered": 2, "asked": 2, "seconds": 0.1,
        "late_change": "",
    }  # fmt: skip
    with speaking("vi"):
        exam._print(told, pb.Registration())
    lines = printed.getvalue().splitlines()
    assert lines[:2] == ["Đăng ký dự thi năm 2026, đóng ngày 2026-05-13.", "Mọi học sinh ở đây đều là hư cấu."]
    assert "Sau ngày đóng, việc đổi nguyện vọng bị từ chối: không bị từ chối." in printed.getvalue()


def test_the_end_of_a_story_of_stays(printed: io.StringIO) -> None:
    told = {
        "lodging": {"ACCEPTED": 4}, "forty_days": {"reason": "TOO_LONG", "field": "leaving_on"},
        "near_relative": ["ACCEPTED", "ACCEPTED"], "arrived_at_20_notified_at_23_30": {"late": True},
        "arrived_at_23_30": {"due": "08:00"}, "tonight_in_hanoi": 7,
    }  # fmt: skip
    with speaking("vi"):
        stays._print(told)
    assert "cơ sở đó, một khách ở 40 ngày" in printed.getvalue()
    assert "bị từ chối: TOO_LONG (leaving_on)" in printed.getvalue()
    assert "Đêm nay ở Hà Nội: 7 lượt lưu trú." in printed.getvalue()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("services",), (" tên khác  ", "luồng hai chiều", "chỉ đọc")),
        (("services", "describe", "BatchVerifyCitizens"), ("luồng hai chiều",)),
        (("fault", "scenario", "none"), ("không có kịch bản 'none'; hiện có bad-dates, ",)),
        (("lab", "start", "none"), ("không có bài thực hành 'none'; hiện có 01-first-call, ",)),
        (("fault", "add", "--delay", "1s", "--for", "soon"), ("'soon' không phải khoảng thời gian như 250ms",)),
        (
            ("grants", "add", "VN/GOV/H26/none", "VN/GOV/G01/population", "PopulationService", "VerifyCitizen"),
            ("không phải đơn vị",),
        ),
    ],
)
def test_what_a_pupil_meets(
    ndxp: Ndxp, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("NDXP_LANG", "vi")
    told = ndxp(*command)
    assert [word for word in words if word not in told.out + told.err] == []
