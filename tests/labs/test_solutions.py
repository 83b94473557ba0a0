"""The solution of each lab, as a pupil reads it, passes: its commands run as they stand.

They run in both languages where they differ in anything, such as a comment in a program.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ndxp.labs.course import Course
from ndxp.labs.lab import LANGUAGES, Language
from ndxp.labs.shelf import Found, labs
from tests.labs.conftest import Where

pytestmark = pytest.mark.long

_FENCE = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _script(lab: Found, language: Language) -> str:
    return "".join(_FENCE.findall(lab.text(language).solution))


def _different() -> Iterator[Any]:
    for lab in labs():
        for language in LANGUAGES[: len({_script(lab, language) for language in LANGUAGES})]:
            yield pytest.param(lab, language, id=f"{lab.name}-{language}")


@pytest.mark.parametrize(("lab", "language"), list(_different()))
def test_the_commands_of_a_solution_do_all_tasks(lab: Found, language: Language, where: Where, tmp_path: Path) -> None:
    exchange = where(lab)
    (tmp_path / ".ndxp").symlink_to(exchange.folder)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ndxp").write_text(f'#!/bin/sh\nexec {sys.executable} -P -m ndxp.cli "$@"\n', encoding="utf-8")
    (programs / "ndxp").chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    with Course.start(exchange.folder, lab.name, language) as course:
        script = "".join(_FENCE.findall(course.solution()))
        ran = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, encoding="utf-8",
            env={**os.environ, "PATH": path, "NDXP_FOLDER": ".ndxp"}, check=False, timeout=300,
        )  # fmt: skip
        course.finish()
    assert ran.returncode == 0, ran.stdout + ran.stderr
