"""A new agency as it is written: under its own name, in a form that the checks of this repository pass."""

import subprocess
import sys
from pathlib import Path

import pytest

from ndxp.scaffold.agency import AgencyRefused, template_files, write, write_into_repository
from tests.ndxp.cli.conftest import Ndxp, ndxp_alone

__all__ = ["ndxp_alone"]

ROOT = Path(__file__).parents[3]
SETTINGS = ROOT / "pyproject.toml"


def texts(folder: Path) -> dict[str, str]:
    """The files of a folder, without the one that protoc writes in binary form."""
    written = [path for path in files(folder) if path.suffix != ".binpb"]
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in written}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "_cache" not in str(path))


def run(folder: Path, *words: str) -> str:
    ran = subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_an_agency_has_its_name_everywhere_and_the_code_of_its_contract(tmp_path: Path) -> None:
    write("land_office", tmp_path / "mine", "VN/GOV/G13")
    written = texts(tmp_path / "mine")
    assert {"land_office/exchange.yaml", "land_office/v1/land_office_pb2_grpc.py", "Dockerfile"} <= written.keys()
    assert b"LandOfficeService" in (tmp_path / "mine/land_office/v1/land_office_pb2.binpb").read_bytes()
    spelt = ("new_agency", "new-agency", "NewAgency", "New agency", "VN/GOV/G22")
    assert [(name, old) for name, text in written.items() for old in spelt if old in name + text] == []
    assert "subsystems: [VN/GOV/G13/land-office]" in written["land_office/exchange.yaml"]
    assert "service LandOfficeService {" in written["protos/land_office/v1/land_office.proto"]


@pytest.mark.parametrize("name", ["land", "zoo"])
def test_an_agency_passes_ruff_with_its_settings_and_with_ours(tmp_path: Path, name: str) -> None:
    write(name, tmp_path)
    known = f'lint.isort.known-first-party=["ndxp", "{name}"]'
    run(tmp_path, "ruff", "check", "--config", str(SETTINGS), "--config", known, ".")
    run(tmp_path, "ruff", "check", ".")
    run(tmp_path, "ruff", "format", "--check", ".")


def test_in_the_repository_an_agency_is_a_contract_a_folder_sample_calls_and_a_test(tmp_path: Path) -> None:
    write_into_repository("land", tmp_path)
    assert texts(tmp_path).keys() == {
        "protos/ndxp/land/v1/land.proto",
        "ndxp/land/__init__.py",
        "ndxp/land/v1/__init__.py",
        *(f"services/land/{name}" for name in ("__init__.py", "exchange.yaml", "records.py", "rules.py", "service.py")),
        "ndxp/samples/land.py",
        "tests/services/test_land.py",
    }
    known = 'lint.isort.known-first-party=["ndxp", "services"]'
    run(tmp_path, "ruff", "check", "--config", str(SETTINGS), "--config", known, ".")
    run(tmp_path, "ruff", "format", "--check", "--config", str(SETTINGS), ".")
    for file in ("services/land/service.py", "ndxp/samples/land.py"):
        assert "from ndxp.land.v1 import land_pb2 as pb" in texts(tmp_path)[file]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Land", "small letters"),
        ("2land", "small letters"),
        ("land-office", "small letters"),
        ("land__office", "small letters"),
        ("../land", "small letters"),
        ("class", "Python or the exchange has it"),
        ("email", "Python or the exchange has it"),
        ("gateway", "Python or the exchange has it"),
        ("pydantic", "the name of a Python module already"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_and_nothing_is_written(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(AgencyRefused, match=why):
        write(name, tmp_path / "mine")
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("taken", "why"),
    [
        ("ndxp/land/world.py", r"ndxp\.land is there already"),
        ("services/land.py", r"services\.land is there already"),
        ("ndxp/samples/land.py", r"land\.py is there already"),
        ("tests/services/test_land.py", r"test_land\.py is there already"),
    ],
)
def test_what_is_in_the_repository_already_is_not_written_over(tmp_path: Path, taken: str, why: str) -> None:
    (tmp_path / taken).parent.mkdir(parents=True)
    (tmp_path / taken).write_text("mine", encoding="utf-8")
    with pytest.raises(AgencyRefused, match=why):
        write_into_repository("land", tmp_path)
    assert texts(tmp_path) == {taken: "mine"}


def test_a_member_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AgencyRefused, match="--member takes a member such as VN/GOV/G22"):
        write("land", tmp_path, "Ministry of land")


def test_a_folder_that_is_not_empty_is_not_touched(tmp_path: Path, ndxp_alone: Ndxp) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    refused = ndxp_alone("new", "agency", "land", "--folder", tmp_path)
    assert refused.code == 1
    assert refused.complaint == f"{tmp_path} is there and not empty; name another folder with --folder"
    assert texts(tmp_path) == {"mine.txt": "mine"}


def test_every_file_of_the_template_but_the_sample_calls_is_written(tmp_path: Path) -> None:
    write("land", tmp_path)
    expected = {str(path).replace("new_agency", "land") for path in template_files() if path.parts[0] != "samples"}
    assert {name for name in texts(tmp_path) if "_pb2" not in name} == expected
