"""An agency of a folder that cannot run: one line says why."""

import subprocess
import sys
from pathlib import Path

import pytest

from ndxp.agency.contract import generate
from ndxp.agency.folder import host_folder
from ndxp.scaffold.agency import write
from tests.ndxp.cli.command import captured

RULES, SERVICE, CONTRACT, PART = (
    "land/rules.py", "land/service.py", "protos/land/v1/land.proto", "land/exchange.yaml",
)  # fmt: skip
GET = """  rpc GetEntry(GetEntryRequest) returns (GetEntryResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an agency, named land."""
    write("land", tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def refused(folder: Path, *names: str) -> str:
    """The one line that an agency writes which cannot run, and is not imported: in this process."""
    ran = captured(lambda: sys.exit(host_folder(folder, names, called=" ".join(names))), "agency")
    assert ran.code == 2, ran.err
    [line] = ran.err.splitlines()
    return line


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
        (CONTRACT, GET, "", "exchange.yaml grants GetEntry, which land.v1.LandService does not have"),
        (SERVICE, "async def GetEntry", "async def ShowEntry", "LandService does not answer GetEntry of land.v1"),
        (SERVICE, "class LandService(", "class LandService(:", "SyntaxError: invalid syntax (service.py, line 18)"),
        (RULES, "LONGEST_TEXT = 200", "LONGEST_TEXT = int('x')", "(land/rules.py, line 8)"),
        (PART, "land.v1.LandService", "land.v1.LandsService", "the contract land.v1.LandsService, of which there is"),
    ],
)
def test_what_is_broken_is_named_in_one_line(folder: Path, file: str, old: str, new: str, why: str) -> None:
    change(folder / file, old, new)
    line = host(folder, "land")
    assert line.startswith("land: ")
    assert why in line


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        (CONTRACT, "string text = 2;", "string text 2;", 'protos/land/v1/land.proto:23:15: Missing field number.'),
        (PART, "title: Land", "tittle: Land", "it has an unknown field `tittle`"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_in_one_line(folder: Path, file: str, old: str, new: str, why: str) -> None:
    change(folder / file, old, new)
    line = refused(folder, "land")
    assert line.startswith("land: ")
    assert why in line


def test_an_agency_that_is_not_there_and_a_folder_that_is_not_named_are_refused(folder: Path) -> None:
    assert refused(folder, "water") == "water: no agency 'water'; there are land"


def test_a_contract_that_has_changed_is_generated_anew_and_the_rest_is_left(folder: Path) -> None:
    code = folder / "land/v1/land_pb2.py"
    before = code.stat().st_mtime_ns
    generate(folder)
    assert code.stat().st_mtime_ns == before
    change(folder / CONTRACT, GET, "")
    generate(folder)
    assert "GetEntry(" not in (folder / "land/v1/land_pb2_grpc.py").read_text(encoding="utf-8")
