"""Lab 12: an open load test and its verdict, a closed loop that hides a stall, and a limit found by measuring."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import randint

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.sandbox.calls import Call, Calls
from ndxp.whole_file import whole_file

_A_DAY, _SECONDS = 1_900_000, 86_400
_FEWEST, _FEWEST_OF_LOOP = 100, 200
"""How many calls a run must have, and how many the closed loop."""

_STALL_MS, _FEWEST_STALLED = 1000, 10
"""How long a call that has met the stall takes at least, and how many of an open run must have met it."""

_HONEST = 0.9
"""A caller waits longer than a call is in the exchange; percentiles of a histogram are a little inexact."""

_PROFILE = """\
title: {title}
rate: 22
duration: 20
mix:
  verify-matched: {{weight: 60, members: [{member}]}}
  verify-differing: {{weight: 40, members: [{member}]}}
slo:
  overall: {{p99_ms: 100, error_share: 0.001, dropped_share: 0, achieved_share: 0.99}}
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A report of ``ndxp load run``: the run's id, how many calls succeeded, their p99, and the verdict's exit code."""

    name: str
    succeeded: int
    p99_ms: float
    exit_code: int


def prepare(place: Workplace) -> dict[str, str]:
    """Two profiles, and a limit that only measuring tells."""
    for name, role, title in (("day", "me", "an average day"), ("limited", "limited", "how much is allowed")):
        with whole_file(place.folder / f"{name}.yaml") as file:
            file.write(_PROFILE.format(title=title, member=place.subsystems[role]).encode())
    place.quota("limited", rate=randint(20, 40), burst=5)
    return {}


def computed(place: Workplace) -> Verdict:
    """The answer is the mean rate of a day."""
    if _near(place.answer("average"), _A_DAY / _SECONDS, share=0.01):
        return right("so many a second, on average", "trung bình mỗi giây chừng ấy")
    return wrong(
        "1.9 million calls, divided by the seconds of a day", "1,9 triệu lời gọi, chia cho số giây của một ngày"
    )


def measured(place: Workplace) -> Verdict:
    """The report is of a run that the ledger knows, and the answer is its verdict."""
    found = _run(place, "open")
    if isinstance(found, Verdict):
        return found
    run, _ = found
    if place.answer("open") == str(run.exit_code):
        return right("report and ledger agree", "báo cáo và sổ cái khớp nhau")
    return wrong("with which exit code did this run end?", "lần chạy này kết thúc với mã thoát nào?")


def stalled(place: Workplace) -> Verdict:
    """An open run has met the stall, and its p99 says so."""
    found = _run(place, "stall")
    if isinstance(found, Verdict):
        return found
    run, calls = found
    met = sum(_met(call) for call in calls)
    if met < _FEWEST_STALLED or run.p99_ms < _STALL_MS:
        return wrong(
            f"{met} calls of this run have met the stall, and p99 is {run.p99_ms:.0f} ms: set the fault while it runs",
            f"{met} lời gọi của lần chạy này gặp lúc đứng, p99 là {run.p99_ms:.0f} ms: hãy cài lỗi khi đang chạy",
        )
    return right(
        f"{met} calls have met the stall, and p99 is {run.p99_ms:.0f} ms",
        f"{met} lời gọi gặp lúc đứng, và p99 là {run.p99_ms:.0f} ms",
    )


def hidden(place: Workplace) -> Verdict:
    """A closed loop has met the same stall, its p99 hides it, and the answer is how many calls met it."""
    calls = place.calls("loop", code="OK")
    met = sum(_met(call) for call in calls)
    if len(calls) < _FEWEST_OF_LOOP or not met:
        return wrong(
            f"{len(calls)} calls of {{loop}}, {met} of them in the stall: it needs {_FEWEST_OF_LOOP}, and a stall",
            f"{len(calls)} lời gọi của {{loop}}, trong đó {met} gặp lúc đứng: cần {_FEWEST_OF_LOOP}, và một lúc đứng",
        )
    p99 = _p99(calls)
    if p99 >= _STALL_MS:
        return wrong(
            "so many calls have met the stall that p99 shows it: `ndxp lab reset`, a longer loop, a shorter stall",
            "quá nhiều lời gọi gặp lúc đứng nên p99 cho thấy nó: `ndxp lab reset`, lặp lâu hơn, đứng ngắn hơn",
        )
    if place.answer("loop") == str(met):
        return right(
            f"{met} of {len(calls)} calls: p99 is {p99:.0f} ms, and hides the stall",
            f"{met} trong {len(calls)} lời gọi: p99 là {p99:.0f} ms và che mất lúc đứng",
        )
    return wrong("how many calls of {loop} have met the fault?", "bao nhiêu lời gọi của {loop} đã gặp lỗi giả lập?")


def limit_found(place: Workplace) -> Verdict:
    """Calls were refused above the limit, and the answer is near it."""
    calls = place.calls("limited")
    if len(calls.where(code="OK")) < _FEWEST or not calls.where(reason="QUOTA_EXCEEDED"):
        return wrong(
            "run the profile limited.yaml at a rate that is too much for {limited}",
            "hãy chạy tệp limited.yaml với tốc độ vượt mức cho phép của {limited}",
        )
    [quota] = place.admin.get("/quotas", consumer=place.subsystems["limited"])
    if _near(place.answer("limit"), quota["rate"], share=0.15):
        return right(f"the limit is {quota['rate']:g} a second", f"giới hạn là {quota['rate']:g} lời gọi mỗi giây")
    return wrong(
        "how many calls a second succeed when more are sent than are allowed?",
        "khi gửi nhiều hơn mức cho phép thì mỗi giây bao nhiêu lời gọi thành công?",
    )


def _run(place: Workplace, name: str) -> tuple[Run, Calls] | Verdict:
    """The run of a report and its calls in the ledger; or what is missing, or wrong, by the ledger."""
    run = _report(place, name)
    if run is None:
        return wrong(
            f"there is no report of a run in {{folder}}/{name}.json",
            f"trong {{folder}}/{name}.json chưa có báo cáo của lần chạy nào",
        )
    calls = _calls(place, run)
    return _disagrees(run, calls) or (run, calls)


def _report(place: Workplace, name: str) -> Run | None:
    """The report in a file of the pupil; None when it is not there or no report of a run."""
    try:
        found = json.loads((place.folder / f"{name}.json").read_text(encoding="utf-8"))
        results = found["results"]
        return Run(
            str(results["run"]), int(results["succeeded"]), float(found["summary"]["p99_ms"]),
            int(found["verdict"]["exit_code"]),
        )  # fmt: skip
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _calls(place: Workplace, run: Run) -> Calls:
    """The calls of a run that succeeded, as the ledger has them: each carries the run's id."""
    return Calls(call for call in place.calls(code="OK") if call.message_id.startswith(f"{run.name}-"))


def _disagrees(run: Run, calls: Calls) -> Verdict | None:
    """What is wrong with a report, measured by the ledger; None when they agree."""
    if len(calls) < _FEWEST:
        return wrong(
            f"the ledger has {len(calls)} calls of {{me}} in the run {run.name[:40]}; it takes {_FEWEST}",
            f"sổ cái có {len(calls)} lời gọi của {{me}} trong lần chạy {run.name[:40]}; cần {_FEWEST}",
        )
    if run.succeeded != len(calls) or run.p99_ms < _p99(calls) * _HONEST:
        return wrong(
            "this is not what the ledger has: the report says other numbers",
            "không đúng với sổ cái: báo cáo nêu những con số khác",
        )
    return None


def _p99(calls: Sequence[Call]) -> float:
    """The time that 99 of 100 calls did not exceed in the exchange, in ms; callers waited a little longer."""
    times = sorted(call.ms for call in calls)
    return times[math.ceil(0.99 * len(times)) - 1]


def _met(call: Call) -> bool:
    """Whether a call has met the stall."""
    return bool(call.fault) and call.ms >= _STALL_MS


def _near(answer: str, value: float, *, share: float) -> bool:
    try:
        return abs(float(answer.replace(",", ".")) - value) <= share * value
    except ValueError:
        return False


LAB = Lab(
    minutes=40,
    roles={"me": "VN/GOV/H26/one-stop", "loop": "VN/GOV/H26/one-stop", "limited": "VN/GOV/H26/one-stop"},
    tasks=(
        Task("average", computed), Task("open", measured), Task("stall", stalled), Task("loop", hidden),
        Task("limit", limit_found),
    ),
    prepare=prepare,
)  # fmt: skip
