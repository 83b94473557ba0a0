"""The texts of the command in Vietnamese: complete, in use, whole; every help shows them."""

import ast
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import typer

from ndxp.cli.__main__ import whole
from ndxp.cli.help import EXAMPLES, texts, translated
from ndxp.language import Language, LanguageUnknown, _, accepted, speaker, speaking, spoken, wanted
from ndxp.plural import count, decimal
from tests.ndxp.cli.command import ndxp, ndxp_process
from tests.support.fakes import PATIENCE
from tests.test_docs import script

SCRIPT = script("texts")
PHRASE = "Chỉ nhóm này: ministries"


def test_every_text_has_a_vietnamese_one_and_none_is_unused_or_damaged() -> None:
    assert SCRIPT.wrong() == [], "run: python docs/texts.py, and translate"


@pytest.mark.parametrize(
    ("text", "vietnamese", "fault"),
    [
        ("the lab {name} is done", "bài {nam} đã xong", "other values in braces"),
        ("see `ndxp log`, then stop", "xem ndxp log, rồi dừng", "other commands"),
        ("the call was refused again", "loi goi lai bi tu choi", "no diacritics"),
        ("the call was refused", "l?i g?i b? t? ch?i", "a question mark in place of a letter"),
        ("the call was refused", "lời gọi bị từ cho\u0302\u0301i", "damaged letters"),
        ("Usage: ", "Cách dùng:", "other spaces at its ends"),
    ],
)
def test_a_damaged_translation_is_named(text: str, vietnamese: str, fault: str) -> None:
    assert list(SCRIPT._faults(text, vietnamese)) == [fault]


def test_no_function_uses_the_name_of_the_translation_for_a_value() -> None:
    found = {path.name: SCRIPT.shadowed(ast.parse(path.read_text(encoding="utf-8"))) for path in SCRIPT.code()}
    assert {name: functions for name, functions in found.items() if functions} == {}
    assert SCRIPT.shadowed(ast.parse("def f(a):\n  b, _ = a\n  print(_('text'))")) == ["f"]
    inner = "def f(a):\n  def g():\n    return _('text')\n  b, _ = a"
    assert SCRIPT.shadowed(ast.parse(inner)) == ["f"]
    assert SCRIPT.shadowed(ast.parse("def f(a):\n  print(_('text'), [b for _, b in a])")) == []


def test_every_file_with_a_text_imports_the_translation() -> None:
    texts_in = {path: path.read_text(encoding="utf-8") for path in SCRIPT.code() if path.name != "language.py"}
    calling = {path for path, text in texts_in.items() if re.search(r"(?<!def )\b_\(", text)}
    assert len(calling) > 30
    assert [path for path in calling if not re.search(r"from ndxp.language import.*\b_\b", texts_in[path])] == []


def test_the_help_of_every_command_is_in_vietnamese() -> None:
    english = set(texts(typer.main.get_command(whole())))
    with speaking("vi"):
        command = translated(typer.main.get_command(whole()))
        shown = {text for text in texts(command) if not text.startswith("Ví dụ:")}
    vietnamese = SCRIPT.translations()
    assert shown == {vietnamese[text] for text in english - set(EXAMPLES)}
    assert len(shown) > 300


def test_a_command_speaks_the_language_of_its_environment(tmp_path: Path) -> None:
    told = ndxp_process("members", "--help", folder=tmp_path / "run", NDXP_LANG="vi")
    assert told.code == 0
    assert "Cách dùng: " in told.out
    assert PHRASE in told.out
    assert "Tùy chọn:" in told.out
    assert PHRASE not in ndxp_process("members", "--help", folder=tmp_path / "run", NDXP_LANG="en").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("explain",), "Lỗi: Thiếu tham số 'TX'."),
        (("log", "tail", "--nope"), "Lỗi: Không có tùy chọn --nope (có thể là: "),
        (("fault", "scenaro"), "Lỗi: Không có lệnh 'scenaro'. Có phải ý bạn là 'scenario'"),
        (("load", "run", "ndxp-average", "--rate", "x"), "Lỗi: Giá trị của '--rate' không hợp lệ: "),
    ],
)
def test_wrong_usage_is_told_in_vietnamese(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    wrong = ndxp_process(*words, folder=tmp_path / "run", NDXP_LANG="vi")
    assert wrong.code == 2
    usage, advice, complaint = [line for line in wrong.err.splitlines() if line]
    assert usage.startswith("Cách dùng: ")
    assert advice.startswith("Xem trợ giúp: ")
    assert complaint.startswith(told)


def test_an_error_of_a_command_is_in_vietnamese_and_the_next_command_speaks_english_again(tmp_path: Path) -> None:
    refused = ndxp("status", folder=tmp_path / "run", NDXP_LANG="vi")
    assert refused.complaint.startswith("không có nền tảng nào trong ")
    assert ndxp("status", folder=tmp_path / "run", NDXP_LANG="en").complaint.startswith("no exchange in ")


def test_an_unknown_language_is_named_and_the_command_goes_on_in_english(tmp_path: Path) -> None:
    told = ndxp("--version", folder=tmp_path / "run", NDXP_LANG="fr")
    assert (told.code, told.out[:5]) == (0, "ndxp ")
    assert told.err == "ndxp: NDXP_LANG is 'fr'; it may be en or vi\n"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"), ({"LANG": "vi_VN.UTF-8"}, "vi"), ({"LANG": "vi"}, "vi"), ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "vi_VN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"), ({"LC_MESSAGES": "vi_VN", "LANG": "C"}, "vi"),
        ({"LC_ALL": "vi_VN.UTF-8", "NDXP_LANG": "en"}, "en"), ({"LC_ALL": "", "LANG": "vi_VN"}, "vi"),
        ({"LANG": "vie_X"}, "en"), ({"LANG": "C", "NDXP_LANG": "vi"}, "vi"), ({"LANG": "vi_VN", "NDXP_LANG": ""}, "vi"),
    ],
)  # fmt: skip
def test_the_variable_of_ndxp_is_stronger_than_the_locale(environment: dict[str, str], language: str) -> None:
    assert wanted(environment) == language


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(LanguageUnknown, match="en or vi"):
        wanted({"NDXP_LANG": "Tiếng Việt"})


def test_a_lesson_speaks_its_language_only_for_a_while() -> None:
    with speaking("vi"):
        assert (spoken(), _("Hint"), _("transaction {transaction}", transaction=7)) == ("vi", "Gợi ý", "giao dịch 7")
        assert count(1900, "record", grouped=True) == "1.900 bản ghi"
        assert (decimal(3.54), decimal(5, "g")) == ("3,5", "5")
        assert _("") == ""
    assert (spoken(), _("Hint"), count(2, "record"), decimal(3.54)) == ("en", "Hint", "2 records", "3.5")


def test_two_readers_are_served_in_their_languages_at_the_same_time() -> None:
    both_speak = threading.Barrier(2, timeout=PATIENCE)

    def serve(language: Language) -> str:
        with speaking(language):
            both_speak.wait()
            return f"{spoken()} {_('Hint')} {speaker(language)('Hint')}"

    with ThreadPoolExecutor(2) as readers:
        assert list(readers.map(serve, ("vi", "en"))) == ["vi Gợi ý Gợi ý", "en Hint Hint"]
    assert (spoken(), speaker("vi")("Hint")) == ("en", "Gợi ý")


@pytest.mark.parametrize(
    ("header", "language"),
    [("vi-VN,vi;q=0.9,en;q=0.8", "vi"), ("en", "en"), ("fr, VI", "vi"), ("fr", None), ("", None), ("\x00,", None)],
)
def test_the_first_language_of_a_request_that_is_there_is_taken(header: str, language: str | None) -> None:
    assert accepted(header) == language


def test_a_text_without_values_may_have_braces() -> None:
    assert _('{"a": 1}') == '{"a": 1}'


def test_who_reads_english_loads_no_translation() -> None:
    code = "import sys; from ndxp.cli.__main__ import main; sys.argv = ['ndxp', '--version']; sys.tracebacklimit = 0\n"
    code += "try: main()\nexcept SystemExit: sys.exit('ndxp.cli.help' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"LANG": "C.UTF-8"}, check=False).returncode == 0
