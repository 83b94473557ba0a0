"""The wheel of this tree in an environment of its own, beside a user's packages that are named like ours."""

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = ("services", "gateway", "console", "labs", "loadtest")
OWN = "WHOSE = 'the user'\n"
"""What a user's own package says."""


def build(into: Path) -> Path:
    """Builds the wheel, offline."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    [wheel] = into.glob("ndxp-*.whl")
    return wheel


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment. What the wheel depends on is that of the tests, without this tree."""

    folder: Path

    @classmethod
    def with_wheel(cls, wheel: Path, folder: Path) -> "Environment":
        """Makes one with a user's packages in it, and installs the wheel."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
        made = cls(folder)
        theirs = Path(sysconfig.get_path("purelib"))
        # A folder that a .pth file names is searched, and its own .pth files, such as the tree's, are not read.
        (made.packages / "dependencies.pth").write_text(f"{theirs}\n", encoding="utf-8")
        for name in NAMES:
            own(made.packages, name)
        install = ["-m", "pip", "--python", str(folder / "bin" / "python"), "install", "-q", "--no-deps", "--no-index"]
        run = [sys.executable, *install, "--disable-pip-version-check", str(wheel)]
        subprocess.run(run, check=True, capture_output=True, timeout=120)
        return made

    @property
    def packages(self) -> Path:
        """Its folder of installed packages."""
        [found] = self.folder.glob("lib/python3*/site-packages")
        return found

    def run(self, folder: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a program with the environment's Python in a folder, as a user does who has activated it."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("NDXP_", "PYTHON"))}
        path = f"{self.folder / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = [str(self.folder / "bin" / "python"), *_program(program), *words]
        return subprocess.run(
            command, cwd=folder, env={**clean, "PATH": path}, capture_output=True, encoding="utf-8", timeout=180
        )


def _program(name: str) -> list[str]:
    """How Python starts a program as its console script does: without the working directory on its path."""
    where = {"ndxp": "ndxp.cli", "locust": "locust", "pytest": "pytest", "protoc": "grpc_tools.protoc"}
    return ["-P", "-m", where[name]]


def own(folder: Path, name: str) -> None:
    """Makes a user's own package."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(OWN, encoding="utf-8")
