"""The faults of a running exchange. Each returns when the fault is over; a killed process may still be away."""

import random
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path

from drills.crash.site import Site
from drills.sandbox import WORKERS, NotResumed

Fault = Callable[[Site, random.Random], None]

_FREEZE = (1.0, 6.0)
_DISK_HELD = 2.0
_DISK_PATIENCE = 30.0
_BLOCK = 1 << 20


def _kill_gateway(site: Site, source: random.Random) -> None:
    site.process(f"gateway-{source.randint(1, WORKERS)}").kill()


def _kill_recorder(site: Site, _: random.Random) -> None:
    site.process("control").kill()


def _kill_store(site: Site, _: random.Random) -> None:
    site.process("store").kill()


def _kill_agencies(site: Site, _: random.Random) -> None:
    site.process("agencies").kill()


def _kill_everything(site: Site, _: random.Random) -> None:
    site.kill_everything()
    site.start_again()


def _freeze_store(site: Site, source: random.Random) -> None:
    store = site.process("store")
    store.suspend()
    try:
        time.sleep(source.uniform(*_FREEZE))
    finally:
        store.resume()


def _cut_store(site: Site, _: random.Random) -> None:
    with site.store() as store:
        store.client_kill_filter(_type="normal", skipme=True)


def _fill_disk(site: Site, _: random.Random) -> None:
    """Fills the ledger's disk until the recorder has failed, and a little longer."""
    assert site.disk is not None  # noqa: S101 - not among the faults otherwise
    ballast = site.disk / "ballast"
    deadline = time.monotonic() + _DISK_PATIENCE
    try:
        # SQLite's log could still use the space that it has already.
        with closing(sqlite3.connect(site.disk / "ledger.db")) as ledger:
            ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _fill(ballast)
        while site.caught_up():
            _fill(ballast)
            if time.monotonic() > deadline:
                raise NotResumed(f"the disk of the ledger was full for {_DISK_PATIENCE:.0f} s and nothing came of it")
        time.sleep(_DISK_HELD)
    finally:
        ballast.unlink()


def _fill(path: Path) -> None:
    block = bytes(_BLOCK)
    with path.open("ab", buffering=0) as file, suppress(OSError):  # no space left: the disk is full
        while True:
            file.write(block)


FAULTS: Mapping[str, Fault] = {
    "gateway worker killed": _kill_gateway,
    "recorder killed": _kill_recorder,
    "store killed": _kill_store,
    "agencies killed": _kill_agencies,
    "everything killed": _kill_everything,
    "store frozen": _freeze_store,
    "store's connections cut": _cut_store,
    "ledger's disk full": _fill_disk,
}

NEEDS_DISK = "ledger's disk full"
