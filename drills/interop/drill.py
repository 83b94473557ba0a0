"""The drill: every group of clients, providers and proxies in turn, on one sandbox."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from drills.interop import commands, envoys, grpcio, node
from drills.interop.result import Result, Results
from drills.interop.site import Site

GROUPS: Mapping[str, Callable[[Site], Results]] = {
    "grpcio": grpcio.cases,
    "endings": grpcio.endings,
    "envoy": envoys.cases,
    "commands": commands.cases,
    "npm": node.cases,
}


class Drill:
    """Runs groups in a sandbox of its own, in ``folder``."""

    def __init__(self, groups: Sequence[str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ndxp-interop-"))
        self._groups = groups

    async def run(self) -> Results:
        """Yields the results as they come. Raises StartFailed, PlanFailed, NotResumed."""
        site = Site(self.folder)
        try:
            for group in self._groups:
                async for result in GROUPS[group](site):
                    yield result
            if traces := site.new_traces():
                yield Result("sandbox", "no traceback in its logs", f"{traces} tracebacks")
        finally:
            site.close()

    def clear(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
