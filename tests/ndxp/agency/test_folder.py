"""An agency of a folder that cannot run: one line says why."""

import subprocess
import sys
from pathlib import Path

import pytest

from ndxp.agency.contract import generate
from ndxp.scaffold.agency import write

RULES, SERVICE, CONTRACT, PART = (
    "museum/rules.py", "museum/service.py", "protos/museum/v1/museum.proto", "museum/exchange.yaml",
)  # fmt: skip
GET = """  rpc GetEntry(GetEntryRequest) returns (GetEntryResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an agency, named museum."""
    write("museum", tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def host(folder: Path, *names: str) -> str:
    """The one line that an agency writes which cannot run."""
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "ndxp.agency", str(folder), *names],
        cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 2, ran.stderr
    [line] = ran.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        (CONTRACT, GET, "", "exchange.yaml grants GetEntry, which museum.v1.MuseumService does not have"),
        (CONTRACT, "string text = 2;", "string text 2;", 'protos/museum/v1/museum.proto:23:15: Missing field number.'),
        (SERVICE, "async def GetEntry", "async def ShowEntry", "MuseumService does not answer GetEntry of museum.v1"),
        (SERVICE, "class MuseumService(", "class MuseumService(:", "SyntaxError: invalid syntax (service.py, line 18)"),
        (RULES, "LONGEST_TEXT = 200", "LONGEST_TEXT = int('x')", "(museum/rules.py, line 8)"),
        (
            PART, "museum.v1.MuseumService", "museum.v1.MuseumsService",
            "the contract museum.v1.MuseumsService, of which there is",
        ),
        (PART, "title: Museum", "tittle: Museum", "it has an unknown field `tittle`"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named_in_one_line(folder: Path, file: str, old: str, new: str, why: str) -> None:
    change(folder / file, old, new)
    line = host(folder, "museum")
    assert line.startswith("museum: ")
    assert why in line


def test_an_agency_that_is_not_there_and_a_folder_that_is_not_named_are_refused(folder: Path) -> None:
    assert host(folder, "water") == "water: no agency 'water'; there are museum"


def test_a_contract_that_has_changed_is_generated_anew_and_the_rest_is_left(folder: Path) -> None:
    code = folder / "museum/v1/museum_pb2.py"
    before = code.stat().st_mtime_ns
    generate(folder)
    assert code.stat().st_mtime_ns == before
    change(folder / CONTRACT, GET, "")
    generate(folder)
    assert "GetEntry(" not in (folder / "museum/v1/museum_pb2_grpc.py").read_text(encoding="utf-8")
