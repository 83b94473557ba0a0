"""Lab 13: gateway, recorder and store are killed while calls run, and every answer is in the ledger all the same."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.ledger.checkpoint import Checkpoint, Key, NoteRefused
from ndxp.sandbox.processes import processes_now
from ndxp.sandbox.state import State
from ndxp.whole_file import whole_file

_FEWEST = 100
"""How many answered calls a run of the program must have."""

_INEXACT = 1.0
"""Seconds by which the system's word for the start of a process may be wrong."""

_DRILL = '''\
"""Calls again and again for 30 seconds, and keeps the transaction of every answer in a file."""
import pathlib, sys, time

import grpc, ndxp
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

who = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")
begin, longest, answers, failures = time.monotonic(), 0.0, 0, 0
with (
    ndxp.connect("{me}", folder={folder!r}) as connection,
    (pathlib.Path(__file__).parent / (sys.argv[1] + ".txt")).open("w", encoding="utf-8") as file,
):
    population = PopulationServiceStub(connection.channel)
    while time.monotonic() < begin + 30:
        sent = time.monotonic()
        try:
            _, call = population.VerifyCitizen.with_call(who)
        except grpc.RpcError:
            failures += 1
            time.sleep(0.1)
            continue
        answers, longest = answers + 1, max(longest, time.monotonic() - sent)
        print(dict(call.trailing_metadata())["x-ndxp-transaction-id"], file=file)
        time.sleep(0.05)
print(answers, "answers,", failures, "failures, the longest call took", round(longest, 1), "s")
'''


def prepare(place: Workplace) -> dict[str, str]:
    """A program that calls, and the numbers of the processes before anything is killed."""
    with whole_file(place.folder / "drill.py") as file:
        drill = _DRILL.format(me=place.subsystems["me"], folder=str(place.run_folder))
        file.write(drill.encode())
    return {"before": json.dumps(_processes(place))}


def survived(kind: str) -> Callable[[Workplace], Verdict]:
    """The check that a process of a kind was killed while the program ran, and that no answer is missing."""

    def check(place: Workplace) -> Verdict:
        began = _started_again(place, kind)
        if not began:
            return wrong(
                f"the process {kind} is still the one from the start",
                f"tiến trình {kind} vẫn là tiến trình lúc bắt đầu",
            )
        answered = _lines(place.folder / f"{kind}.txt")
        if len(answered) < _FEWEST:
            return wrong(
                f"{{folder}}/{kind}.txt has {len(answered)} transactions; it takes {_FEWEST}",
                f"{{folder}}/{kind}.txt có {len(answered)} giao dịch; cần {_FEWEST}",
            )
        recorded = {record["transaction_id"]: record["request_in_ts"] / 1e6 for record in place.records()}
        if missing := [transaction for transaction in answered if transaction not in recorded]:
            return wrong(
                f"{len(missing)} of these transactions are no calls of {{me}} in the ledger: {missing[0][:40]}",
                f"{len(missing)} giao dịch trong đó không phải lời gọi của {{me}} trong sổ cái: {missing[0][:40]}",
            )
        if len(set(answered)) < len(answered):
            return wrong("a transaction is there twice", "có giao dịch xuất hiện hai lần")
        times = [recorded[transaction] for transaction in answered]
        if not any(min(times) - _INEXACT < each < max(times) + _INEXACT for each in began):
            return wrong(
                f"{kind} was not killed while this program ran: let it run again, and kill in the middle",
                f"{kind} không bị ngắt khi chương trình đang chạy: hãy chạy lại và ngắt giữa chừng",
            )
        return right(
            f"{len(answered)} answers, and the ledger has all of them",
            f"{len(answered)} câu trả lời, và sổ cái có đủ tất cả",
        )

    return check


def verified(place: Workplace) -> Verdict:
    """The file is what ``ndxp log verify`` said of the whole ledger, after the last call of the pupil."""
    try:
        found = json.loads((place.folder / "verify.json").read_text(encoding="utf-8"))
        good, text = found["good"] is True, str(found["checkpoint"])
        lines = (place.run_folder / "ledger-keys").read_text(encoding="utf-8").splitlines()
        size = Checkpoint.open(text, [Key.parse(line) for line in lines if line.strip()]).size
    except (OSError, ValueError, TypeError, KeyError):
        return wrong(
            "there is no result of `ndxp log verify --json` in {folder}/verify.json",
            "trong {folder}/verify.json chưa có kết quả của `ndxp log verify --json`",
        )
    except NoteRefused as error:
        return wrong(f"nobody has signed this: {error}", f"kết quả này không có chữ ký đúng: {error}")
    last = max((int(record["seq"]) for record in place.records()), default=0)
    if not last or size < last:
        return wrong(
            "your last calls are not in it: verify after the last kill",
            "kết quả chưa có những lời gọi cuối của bạn: hãy kiểm tra sau lần ngắt cuối cùng",
        )
    if good:
        return right(f"{size} records, and the tree holds", f"{size} bản ghi, và cây băm đúng")
    return wrong("the ledger is not good", "sổ cái không đúng")


def _processes(place: Workplace) -> dict[str, list[int]]:
    """The numbers of the exchange's processes by kind."""
    kinds: dict[str, list[int]] = {}
    for process in processes_now(State.running(place.run_folder)):
        kinds.setdefault(str(process["name"]).partition("-")[0], []).append(int(process["pid"]))
    return kinds


def _started_again(place: Workplace, kind: str) -> list[float]:
    """When the processes of a kind that are new since the start began, in seconds since 1970."""
    before: Mapping[str, list[int]] = json.loads(place.values["before"])
    return [psutil.Process(pid).create_time() for pid in _processes(place).get(kind, ()) if pid not in before[kind]]


def _lines(path: Path) -> list[str]:
    """The lines of a file; none when it is not there or no text."""
    try:
        return path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return []


LAB = Lab(
    minutes=40,
    roles={"me": "VN/GOV/H26/one-stop"},
    alone=True,
    tasks=(
        Task("gateway", survived("gateway")), Task("control", survived("control")), Task("store", survived("store")),
        Task("books", verified),
    ),
    prepare=prepare,
)  # fmt: skip
