"""CPU and memory of processes, sampled."""

import os
import sys
from pathlib import Path

import pytest

from loadtest.usage import GENERATOR, OTHERS, Sampler, Usage, Usages
from ndxp.sandbox.state import Process, State, start_of


def test_only_samples_that_lie_in_the_run_for_the_greater_part_count() -> None:
    usages = Usages(at=[0, 1, 2, 3, 4], processes={"gateway": Usage(cpu=[0, 9, 0.5, 0.7, 9])})
    assert usages.within(1.2, 3.1) == [2, 3]
    assert usages.cpu_seconds("gateway", 1.2, 3.1) == pytest.approx(1.2)
    assert usages.mean("gateway", 1.2, 3.1) == pytest.approx(0.6)
    assert usages.mean("gateway", 8, 9) == 0


def test_every_process_has_a_value_at_every_sample(tmp_path: Path) -> None:
    store = Process("store", [sys.executable], {"NDXP_REDIS_URL": f"unix://{tmp_path}/store.sock"})
    sampler = Sampler(State(str(tmp_path), "", "", [store], os.getpid(), start_of(os.getpid())), os.getpid())
    sampler.sample()
    sum(range(200_000))
    sampler.sample()
    usages = sampler.usages
    assert {GENERATOR, OTHERS} <= usages.processes.keys()
    assert all(len(usage.cpu) == len(usages.at) == 2 for usage in usages.processes.values())
    assert usages.processes[GENERATOR].rss_mb[-1] > 0
    assert all(share >= 0 for usage in usages.processes.values() for share in usage.cpu)
