"""Every text file is read and written in an encoding that the code names: a locale's own may be another one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = (
    "benchmarks/**",
    "console/**",
    "docs",
    "drills/**",
    "gateway/**",
    "labs/**",
    "loadtest",
    "ndxp/**",
    "services/**",
    "tests/**",
)
OPENING = {"open", "fdopen", "TextIOWrapper", "NamedTemporaryFile", "TemporaryFile"}
BINARY_UNLESS_TOLD = {"NamedTemporaryFile", "TemporaryFile"}
READING = {"read_text", "write_text", "open_text"}
OF_A_CLASS = re.compile(r"_?[A-Z]\w*")
MODE = re.compile(r"[rwax][bt+]*")
OPTIONS = {"mode", "buffering", "encoding", "errors", "newline"}
RUNNING = {"run", "Popen", "check_output"}


def words(call: ast.Call) -> list[str]:
    """The texts among a call's arguments, such as a mode."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return [value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str)]


def opens_another(call: ast.Call, owner: str) -> bool:
    """Whether an ``open`` of something is none of a file: a client opens a call, say, and takes no mode."""
    if owner in {"os", "cls", "client"} or OF_A_CLASS.fullmatch(owner):
        return True
    moded = any(MODE.fullmatch(word) for word in words(call))
    return bool(owner) and not moded and bool(call.args or {keyword.arg for keyword in call.keywords} - OPTIONS)


def opens_text(call: ast.Call) -> bool:
    """Whether a call opens, reads or writes a text, by a file's name or by its method."""
    function, keywords = call.func, {keyword.arg for keyword in call.keywords}
    if isinstance(function, ast.Name):
        name, owner = function.id, ""
    elif isinstance(function, ast.Attribute):
        name, owner = function.attr, ast.unparse(function.value)
    else:
        return False
    if name in READING:
        return bool(owner)
    if name in OPENING:
        another = name == "open" and opens_another(call, owner)
        binary = any("b" in word for word in words(call)) or (name in BINARY_UNLESS_TOLD and not words(call))
        return not another and not binary
    return name in RUNNING and bool(keywords & {"text", "universal_newlines"})


def without_encoding(source: str) -> Iterator[int]:
    """The lines of calls that leave the encoding to the locale."""
    nodes = list(ast.walk(ast.parse(source)))
    awaited = {node.value for node in nodes if isinstance(node, ast.Await)}  # connections open so, files do not
    for node in nodes:
        if not isinstance(node, ast.Call) or node in awaited or not opens_text(node):
            continue
        if all(word.arg != "encoding" for word in node.keywords):
            yield node.lineno


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("open(path)", True), ("open(path, 'w')", True), ("open(path, 'rb')", False), ("path.open()", True),
        ("path.open('a', encoding='utf-8')", False), ("Path(x).open()", True), ("path.read_text()", True),
        ("path.write_text(text)", True), ("path.read_text(encoding='utf-8')", False), ("os.fdopen(number, 'w')", True),
        ("os.fdopen(number, mode='wb')", False), ("os.open(path, flags)", False), ("Checkpoint.open(note)", False),
        ("tempfile.NamedTemporaryFile()", False), ("tempfile.NamedTemporaryFile('w')", True), ("read_text(a)", False),
        ("subprocess.run(command, text=True)", True), ("subprocess.run(command)", False),
        ("gzip.open(path, 'rt')", True), ("await lanes.open()", False), ("client.open()", False),
        ("connection.open(call, fields, end=True)", False), ("client.open(end=True)", False),
    ],
)  # fmt: skip
def test_the_check_knows_a_text_file_from_other_things(line: str, found: bool) -> None:
    assert bool(list(without_encoding(line))) == found


def test_every_text_file_has_an_encoding_of_its_own() -> None:
    files = [path for place in PLACES for path in ROOT.glob(f"{place}/*.py")]
    assert len(files) > 100
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in files
        for line in without_encoding(path.read_text(encoding="utf-8"))
    ]
    assert found == [], 'say encoding="utf-8"'
