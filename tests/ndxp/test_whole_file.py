"""Files that commands and processes keep: whole or not there, and for their owner unless it is said otherwise."""

import os
import stat
from pathlib import Path

import pytest

from ndxp.whole_file import whole_file


def test_a_file_is_whole_or_what_was_there_before(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("before", encoding="utf-8")
    with pytest.raises(TypeError), whole_file(file) as into:
        into.writelines([b"half", "no bytes"])  # type: ignore[list-item]
    assert (file.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("before", [file])


def test_only_its_owner_reads_a_file_whoever_read_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch(mode=0o666)
    with whole_file(file, synced=True) as into:
        into.write(b"after")
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"after", 0o600)


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with whole_file(pipe) as into:
        into.write(b"all of it")
    assert (os.read(reader, 100), list(tmp_path.iterdir())) == (b"all of it", [pipe])
    os.close(reader)
