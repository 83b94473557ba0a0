"""``python -m drills.attacks``: every kind of attack while normal members go on calling, and a table of the results."""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from drills.attacks.drill import KINDS, Drill, Result
from drills.sandbox import NotResumed
from drills.verdict import conclude
from ndxp.sandbox.life import StartFailed
from ndxp.sandbox.plan import PlanFailed
from ndxp.terminal import table

_WIDTH = 120
_COLUMNS = (
    "kind", "tries#", "as expected#", "let in#", "hung#", "crashes#", "unrecorded#", "neighbours failed#",
    "neighbours' p99#", "memory (MB)#",
)  # fmt: skip
_SHOWN = 12


def main() -> int:
    """Exit code 0 when everything was as expected, 1 when not, 2 for wrong usage."""
    given = _arguments()
    drill = Drill(given.kinds, given.seed, 0 if given.short else given.calls)
    began = time.monotonic()
    done: list[Result] = []
    trouble = ""
    print(f"{', '.join(given.kinds)}; seed {given.seed}, in {drill.folder}", flush=True)
    try:
        with closing(drill.run()) as results:
            for each in results:
                done.append(each)
                _tell(each, time.monotonic() - began)
    except KeyboardInterrupt:
        trouble = "stopped before its end"
    except (StartFailed, PlanFailed, NotResumed) as error:
        trouble = f"the exchange does not serve: {error}"
    good = not trouble and all(each.good for each in done)
    Console(width=_WIDTH, highlight=False).print(table(_COLUMNS, _rows(done)))
    print(f"{sum(each.tries for each in done)} tries in {(time.monotonic() - began) / 60:.1f} min, seed {given.seed}")
    figures = {"kinds": [asdict(each) for each in done]}
    broken = "not everything was as it has to be"
    return conclude(drill, given, trouble=trouble, good=good, figures=figures, broken=broken)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drills.attacks", description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="what is left to chance")
    parser.add_argument("--calls", type=int, default=1000, help="neighbours' calls that each kind is measured over")
    parser.add_argument("--short", action="store_true", help="each attack once, without a check of p99")
    parser.add_argument("--json", type=Path, help="a file for the figures of every kind")
    given = parser.parse_args()
    if given.calls < 100:
        parser.error("--calls: at least 100, a p99 of fewer means nothing")
    return given


def _tell(each: Result, seconds: float) -> None:
    print(f"{seconds:5.0f} s  {each.kind}: {each.refused} of {each.tries} as expected", flush=True)
    for finding in each.findings[:_SHOWN]:
        print(f"  {finding}")
    if len(each.findings) > _SHOWN:
        print(f"  and {len(each.findings) - _SHOWN} more findings")


def _rows(done: Sequence[Result]) -> list[tuple[object, ...]]:
    return [
        (
            each.kind, each.tries, each.refused, each.let_in, each.hung, each.crashes, each.unrecorded,
            each.failed_neighbours, "-" if each.ratio is None else f"x {each.ratio:.2f}", f"{each.growth:+.0f}",
        )
        for each in done
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
