"""Commands in a locale that is not UTF-8, and on a terminal that does not have every letter."""

import json
from pathlib import Path

import pytest

from ndxp.sandbox import life
from ndxp.sandbox.state import State
from ndxp.testing import RunningExchange
from ndxp.world import World
from tests.ndxp.cli.command import ndxp, ndxp_process
from tests.services.test_hosting import ROOT

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(ROOT)}
"""The one locale without UTF-8 that is on every machine, as it is where Python does not make UTF-8 of it."""
LATIN = {"PYTHONIOENCODING": "iso-8859-1"}
"""A terminal that has some letters of Vietnamese and lacks others."""
LOCALES = pytest.mark.parametrize("locale", [ASCII, LATIN, ASCII | LATIN], ids=["ASCII", "Latin-1", "both"])


@LOCALES
def test_a_change_is_made_and_shown_with_escapes(exchange: RunningExchange, locale: dict[str, str]) -> None:
    member, name = f"VN/COM/rail-{len(locale)}", "Công ty Đường sắt"
    ran = ndxp_process("member", "add", member, "app", "--name", name, folder=exchange.folder, **locale)
    assert (ran.code, ran.err) == (0, "")
    shown = ndxp_process("members", folder=exchange.folder, **locale)
    assert shown.code == 0, shown.err
    assert r"\u0110\u01b0\u1eddng s\u1eaft" in shown.out
    found = [m["name"] for m in exchange.admin.get("members").json() if m["id"] == member]
    assert found == [name]


@LOCALES
@pytest.mark.parametrize("way", ["argument", "stdin", "file"])
def test_a_request_is_utf_8_whatever_the_locale(
    exchange: RunningExchange, tmp_path: Path, locale: dict[str, str], way: str
) -> None:
    citizen = World().persona("traveller").citizen
    born = citizen.birth_date.isoformat()
    request = {"citizenNumber": citizen.number, "fullName": citizen.full_name, "birthDate": born}
    text = json.dumps(request, ensure_ascii=False)
    file = tmp_path / "yêu cầu.json"
    file.write_text(text, encoding="utf-8")
    word = {"argument": text, "stdin": "-", "file": f"@{file}"}[way]
    method = "ndxp.population.v1.PopulationService/VerifyCitizen"
    ran = ndxp_process("call", method, word, folder=exchange.folder, given=text, **locale)
    assert (ran.code, ran.data) == (0, {"matched": True})


@LOCALES
def test_json_is_the_same_json(exchange: RunningExchange, locale: dict[str, str]) -> None:
    ran = ndxp_process("members", "--json", folder=exchange.folder, **locale)
    assert ran.out.isascii()
    assert ran.data == ndxp("members", "--json", folder=exchange.folder).data
    assert "Hà Nội" in str(ran.data)


def test_a_person_is_shown_whose_name_the_terminal_lacks(tmp_path: Path) -> None:
    ran = ndxp_process("people", "--persona", "traveller", folder=tmp_path, **ASCII)
    assert ran.code == 0, ran.err
    assert r"\u" in ran.out


def test_an_exchange_starts_in_such_a_locale_in_a_folder_with_such_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "thử nghiệm"
    ran = ndxp_process("up", "-d", "--port", "0", "--json", folder=folder, **ASCII)
    state = State.read(folder)
    assert state is not None
    try:
        assert ran.code == 0, ran.err
        assert life.ready(state)
        assert ran.data["folder"] == str(folder)
        assert ndxp("status", "--json", folder=folder).data["ready"]
    finally:
        stopped = ndxp_process("down", "--json", folder=folder, **ASCII)
    assert stopped.data == {"stopped": True}
    assert state.members() == []
