"""The lock of a file, which processes of this machine hold one after the other."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Holds the lock of a file, alone or together with others who share it; waits for it as long as needed.

    The file is made when it is not there, for its owner only.
    """
    path.touch(mode=0o600)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
