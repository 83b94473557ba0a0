"""Files that are written completely or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


@contextmanager
def whole_file(path: Path, *, mode: int = 0o600, synced: bool = False) -> Iterator[BinaryIO]:
    """Writes a file, replacing an existing one, completely or not at all; by default only its owner may read it.

    With ``synced`` the content is on the disk before the file gets its name. A path that is not a file, such as a pipe
    or ``/dev/stdout``, is written to directly. Raises OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as into:
            yield into
        return
    beside = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
            if synced:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
