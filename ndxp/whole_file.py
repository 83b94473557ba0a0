"""Files that are whole under their name, or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


@contextmanager
def whole_file(path: Path, *, mode: int = 0o600, synced: bool = False) -> Iterator[BinaryIO]:
    """Puts a file in the place of what has that name, whole or not at all; by default only its owner may read it.

    With ``synced`` its content is on the disk before it has its name. What is no file, such as a pipe or
    ``/dev/stdout``, is written to as it is. Raises OSError.
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
