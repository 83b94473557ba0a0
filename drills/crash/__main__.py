"""``python -m drills.crash``: rounds of faults under load, and a table of the results."""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from drills.crash.rounds import Drill, Round
from drills.verdict import conclude
from ndxp.sandbox.life import StartFailed
from ndxp.sandbox.plan import PlanFailed
from ndxp.terminal import table

_WIDTH = 120
_COLUMNS = (
    "fault", "rounds#", "answered#", "lost#", "duplicated#", "unrecorded mutations#", "tree", "longest outage (s)#"
)  # fmt: skip


def main() -> int:
    """Exit code 0 when every promise held, 1 when not, 2 for wrong usage."""
    given = _arguments()
    drill = Drill(given.rounds, given.seed)
    began = time.monotonic()
    done: list[Round] = []
    trouble = ""
    print(f"{given.rounds} rounds, seed {given.seed}, in {drill.folder}", flush=True)
    try:
        with closing(drill.run()) as rounds:
            for each in rounds:
                done.append(each)
                _tell(each, given.rounds, time.monotonic() - began)
    except KeyboardInterrupt:
        trouble = "stopped before its end"
    except (StartFailed, PlanFailed) as error:
        trouble = f"the exchange does not start: {error}"
    good = not trouble and all(each.good for each in done)
    Console(width=_WIDTH, highlight=False).print(table(_COLUMNS, _rows(done)))
    print(f"{len(done)} rounds in {(time.monotonic() - began) / 60:.1f} min, seed {given.seed}")
    for name in drill.skipped:
        print(f"skipped: {name}; the drill may not mount a small disk here, which takes root")
    figures = {"skipped": drill.skipped, "rounds": [asdict(each) for each in done]}
    return conclude(drill, given, trouble=trouble, good=good, figures=figures, broken="a promise did not hold")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drills.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=8, help="how many faults, each kind in turn (8)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="order, victims and moments")
    parser.add_argument("--json", type=Path, help="a file for the figures of every round")
    given = parser.parse_args()
    if given.rounds < 1:
        parser.error("--rounds: at least 1")
    return given


def _tell(each: Round, of: int, seconds: float) -> None:
    print(
        f"{each.number}/{of}  {seconds:5.0f} s  {each.fault}: {each.answered} answered, "
        f"{each.outage:.1f} s away{'' if each.good else '  FAILED'}",
        flush=True,
    )
    found = each.findings
    for what, listed in (("lost", found.lost), ("duplicated", found.duplicated), ("unrecorded", found.unrecorded)):
        for transaction in listed:
            print(f"  {what}: {transaction}")
    if each.tree not in ("ok", "skipped"):
        print(f"  tree: {each.tree}")
    if each.trouble:
        print(f"  {each.trouble}")


def _rows(done: Sequence[Round]) -> list[tuple[object, ...]]:
    rows = [_row(fault, [each for each in done if each.fault == fault]) for fault in sorted({r.fault for r in done})]
    return [*rows, _row("all", done)] if done else []


def _row(name: str, rounds: Sequence[Round]) -> tuple[object, ...]:
    found = [each.findings for each in rounds]
    trees = {each.tree for each in rounds}
    return (
        name,
        len(rounds),
        sum(each.answered for each in rounds),
        sum(len(each.lost) for each in found),
        sum(len(each.duplicated) for each in found),
        sum(len(each.unrecorded) for each in found),
        trees.pop() if trees in ({"ok"}, {"skipped"}) else "BROKEN",
        f"{max(each.outage for each in rounds):.1f}",
    )


if __name__ == "__main__":
    sys.exit(main())
