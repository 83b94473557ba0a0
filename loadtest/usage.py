"""CPU and memory of every process of a run, second by second."""

import time
from collections.abc import Iterable

import msgspec
import psutil

from ndxp.sandbox.state import State

GENERATOR = "generator"
OTHERS = "other processes"
"""The name for all processes on the machine outside of exchange and generator."""


class Usage(msgspec.Struct):
    """One process, at each sample: share of one core since the last sample (1.0 is a full core), MB of RSS."""

    cpu: list[float] = []
    rss_mb: list[float] = []


class Usages(msgspec.Struct, kw_only=True):
    """All processes by name; ``at`` are the times of the samples, in seconds since 1970. The first sample is zero."""

    at: list[float] = []
    cores: int = 1
    processes: dict[str, Usage] = {}
    changes: list[tuple[float, str]] = []
    """When a process of the exchange ended or came back, and the sentence for it."""

    @property
    def latest(self) -> dict[str, float]:
        """The share of one core that each process has taken since the sample before the last."""
        return {name: usage.cpu[-1] for name, usage in self.processes.items()}

    def within(self, began: float, ended: float) -> list[int]:
        """The samples between two times: those whose second is mostly between them."""
        pairs = zip(self.at, self.at[1:], strict=False)
        return [index for index, (before, now) in enumerate(pairs, 1) if began <= (before + now) / 2 <= ended]

    def cpu_seconds(self, name: str, began: float, ended: float) -> float:
        """CPU seconds (user and system) of a process between two times."""
        cpu = self.processes[name].cpu
        return sum(cpu[index] * (self.at[index] - self.at[index - 1]) for index in self.within(began, ended))

    def mean(self, name: str, began: float, ended: float) -> float:
        """Share of one core that a process used on average between two times."""
        covered = sum(self.at[index] - self.at[index - 1] for index in self.within(began, ended))
        return self.cpu_seconds(name, began, ended) / covered if covered else 0.0


class Sampler:
    """Samples the exchange's processes, the generator's and the whole machine."""

    def __init__(self, state: State, generator: int) -> None:
        self._state = state
        self._generator = generator
        self._before: dict[int, float] = {}
        self._busy_before = _busy()
        self._pids: dict[str, set[int]] = {}
        self.usages = Usages(cores=psutil.cpu_count() or 1)

    def sample(self) -> None:
        """Takes one sample; call it about once a second."""
        now, usages = time.time(), self.usages
        elapsed = now - usages.at[-1] if usages.at else 0.0
        usages.at.append(now)
        found: dict[str, list[psutil.Process]] = {}
        for process in self._state.members():
            if name := self._name(process):
                found.setdefault(name, []).append(process)
        self._note_changes(now, {name: {process.pid for process in group} for name, group in found.items()})
        found |= {
            GENERATOR if not number else f"{GENERATOR}-{number}": [process]
            for number, process in enumerate(_family(self._generator))
        }
        spent = {name: self._measure(name, processes, elapsed) for name, processes in found.items()}
        busy = _busy()
        room = elapsed * usages.cores - sum(spent.values())
        others = max(0.0, min(room, busy - self._busy_before - sum(spent.values())))
        self._busy_before = busy
        self._append(OTHERS, others / elapsed if elapsed else 0.0, 0.0)
        for name in usages.processes.keys() - {*found, OTHERS}:
            self._append(name, 0.0, 0.0)

    def _measure(self, name: str, processes: Iterable[psutil.Process], elapsed: float) -> float:
        """Adds a sample of one name; returns the CPU seconds since the last sample."""
        spent, memory = 0.0, 0.0
        for process in processes:
            try:
                with process.oneshot():
                    times, rss = process.cpu_times(), process.memory_info().rss
            except psutil.Error:
                continue
            total = times.user + times.system
            spent += total - self._before.get(process.pid, total if not elapsed else 0.0)
            self._before[process.pid] = total
            memory += rss / 1e6
        self._append(name, spent / elapsed if elapsed else 0.0, memory)
        return spent

    def _append(self, name: str, cpu: float, rss_mb: float) -> None:
        usage = self.usages.processes.setdefault(name, Usage())
        missing = len(self.usages.at) - 1 - len(usage.cpu)
        usage.cpu += [*[0.0] * missing, round(max(0.0, cpu), 4)]
        usage.rss_mb += [*[0.0] * missing, round(rss_mb, 1)]

    def _note_changes(self, now: float, pids: dict[str, set[int]]) -> None:
        for name in {*self._pids, *pids} if self._pids else ():
            before, after = self._pids.get(name, set()), pids.get(name, set())
            done = ["ended"] * bool(before - after) + ["was started again"] * bool(after - before)
            if done:
                self.usages.changes.append((now, f"the process {name} {' and '.join(done)}"))
        self._pids = pids

    def _name(self, process: psutil.Process) -> str:
        """Its name in the plan; empty when it has just ended."""
        try:
            command = process.cmdline()
            if command[-2:-1] == ["ndxp.sandbox"]:
                return "supervisor"
            name = next((planned.name for planned in self._state.processes if planned.command == command), "store")
            return process.environ().get("NDXP_NODE", name) if name.startswith("gateway") else name
        except psutil.Error:
            return ""


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _busy() -> float:
    """CPU seconds that the machine has worked since its start."""
    times = psutil.cpu_times()
    return float(sum(times[:3]) + times.irq + times.softirq)
