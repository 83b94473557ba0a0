"""Files keep the line ends of Linux in every checkout, also where git would change them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_text_file_is_checked_out_with_line_feeds() -> None:
    command = ["git", "-C", str(ROOT), "-c", "core.autocrlf=true", "ls-files", "--eol"]
    listed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout.splitlines()
    texts = [line for line in listed if not line.startswith("i/-text")]
    assert len(texts) > 500
    assert [line for line in texts if "eol=lf" not in line or line.startswith("i/crlf")] == []
