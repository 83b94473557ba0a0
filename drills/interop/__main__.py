"""``python -m drills.interop``: foreign clients, providers and proxies through the gateway, with a table of results."""

import argparse
import asyncio
import json
import sys
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from drills.interop.drill import GROUPS, Drill
from drills.interop.result import Result
from drills.sandbox import NotResumed
from ndxp.sandbox.life import StartFailed
from ndxp.sandbox.plan import PlanFailed
from ndxp.terminal import Terminal, table

_WIDTH = 140


def main() -> int:
    """Exit code 0 when nothing failed, 1 when something did, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m drills.interop", description=__doc__)
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=list(GROUPS), metavar="GROUP")
    parser.add_argument("--json", type=Path, help="a file for the results")
    given = parser.parse_args()
    drill = Drill(given.groups)
    done: list[Result] = []
    trouble = ""
    try:
        asyncio.run(_run(drill, done))
    except KeyboardInterrupt:
        trouble = "stopped before its end"
    except (StartFailed, PlanFailed, NotResumed) as error:
        trouble = f"the exchange does not serve: {error}"
    rows = [(each.peer, each.case, _word(each), each.error or each.note) for each in done]
    Console(width=_WIDTH, highlight=False).print(table(("client or server", "case", "result", "remark"), rows))
    failed = sum(1 for each in done if each.error)
    print(f"{len(done)} cases, {failed} failed, {sum(each.skipped for each in done)} not run")
    if given.json is not None:
        given.json.write_text(
            json.dumps([asdict(each) for each in done], indent=1, ensure_ascii=False), encoding="utf-8"
        )
    if trouble or failed or not done:
        Terminal(soft_wrap=True).print(f"{trouble or 'not everything works'}; logs and ledger are in {drill.folder}")
        return 1
    drill.clear()
    return 0


async def _run(drill: Drill, done: list[Result]) -> None:
    async with aclosing(drill.run()) as results:
        async for each in results:
            done.append(each)
            Terminal(soft_wrap=True).print(f"{_word(each)}  {each.peer}: {each.case}  {each.error or each.note}")


def _word(each: Result) -> str:
    return "failed" if each.error else "not run" if each.skipped else "ok"


if __name__ == "__main__":
    sys.exit(main())
