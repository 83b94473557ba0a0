"""Commands that prove and check, as an auditor and a third party use them."""

import json
from pathlib import Path

import httpx
import pytest

from ndxp.exchange.v1.exchange_pb2 import ListMembersRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.ledger.checkpoint import Checkpoint, Key, NoteRefused
from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp

CLIENT = "VN/GOV/G30/lgsp"
METHOD = "ndxp.exchange.v1.ExchangeService/ListMembers"


@pytest.fixture
def transaction(ndxp: Ndxp) -> str:
    """A transaction of one record."""
    made: str = ndxp("call", METHOD, "{}", "--as", CLIENT, "--json").data["transaction_id"]
    return made


@pytest.fixture
def file(ndxp: Ndxp, transaction: str, tmp_path: Path) -> Path:
    """Its evidence."""
    path = tmp_path / "proof.json"
    assert ndxp("log", "evidence", transaction, "-o", path).code == 0
    return path


def test_evidence_is_checked_with_the_file_and_a_public_key_alone(
    ndxp: Ndxp, ndxp_alone: Ndxp, file: Path, transaction: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ndxp("log", "keys").out.split()[-1]
    keys = tmp_path / "keys"
    keys.write_text(f"{key}\n", encoding="utf-8")
    monkeypatch.setenv("NDXP_FOLDER", str(tmp_path / "nowhere"))
    for given in (key, keys):
        checked = ndxp_alone("log", "check", file, "--key", given, "--json")
        assert checked.code == 0
        assert checked.data["records"][0]["transaction_id"] == transaction
    shown = ndxp_alone("log", "check", file, "--key", key).out
    assert f"{CLIENT} called {METHOD}: OK" in shown


@pytest.mark.parametrize(("what", "to"), [("G30", "G31"), ('"index": ', '"index": 1'), ("ndxp-evidence/1", "x")])
def test_edited_evidence_proves_nothing(ndxp: Ndxp, file: Path, what: str, to: str) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace(what, to, 1), encoding="utf-8")
    checked = ndxp("log", "check", file)
    assert checked.code == 1
    assert "does not prove that" in checked.out
    assert ndxp("log", "check", file, "--json").data["good"] is False


def test_with_its_salt_evidence_tells_whether_a_message_was_the_one(
    ndxp: Ndxp, transaction: str, tmp_path: Path
) -> None:
    file, request = tmp_path / "proof.json", tmp_path / "request"
    ndxp("log", "evidence", transaction, "--salt", "-o", file)
    request.write_bytes(b"")  # an empty ListMembersRequest
    assert ndxp("log", "check", file, "--request", request).code == 0
    request.write_bytes(b"\x08\x07")
    refused = ndxp("log", "check", file, "--request", request)
    assert (refused.code, "another one" in refused.out) == (1, True)


def test_evidence_is_its_users_alone_also_in_the_place_of_a_file_that_was_not(
    ndxp: Ndxp, transaction: str, tmp_path: Path
) -> None:
    file = tmp_path / "proof.json"
    file.touch(mode=0o644)
    assert ndxp("log", "evidence", transaction, "--salt", "-o", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o600


def test_evidence_goes_where_it_is_told_to_also_when_that_is_no_file(ndxp: Ndxp, transaction: str) -> None:
    assert ndxp("log", "evidence", transaction, "-o", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()


def test_evidence_without_a_salt_says_nothing_of_messages(ndxp: Ndxp, file: Path) -> None:
    assert "salt" not in json.loads(file.read_text(encoding="utf-8"))
    refused = ndxp("log", "check", file, "--request", file)
    assert (refused.code, "--salt" in refused.out) == (1, True)


@pytest.mark.parametrize("words", [("check", "missing.json"), ("consistency", "missing")])
def test_a_file_that_is_not_there_is_a_line(ndxp: Ndxp, words: tuple[str, str], tmp_path: Path) -> None:
    ran = ndxp("log", words[0], tmp_path / words[1])
    assert (ran.code, "No such file" in ran.complaint) == (2, True)


@pytest.mark.parametrize("key", ["missing", "a+b+c", "ndxp.example/VN+00000000+AQ=="])
def test_a_key_that_is_none_is_a_line(ndxp: Ndxp, file: Path, key: str) -> None:
    assert ndxp("log", "check", file, "--key", key).code == 2


def test_a_transaction_that_does_not_exist_has_no_evidence(ndxp: Ndxp) -> None:
    ran = ndxp("log", "evidence", "01890a5d-ac96-774b-bcce-b302099a8057")
    assert (ran.code, "no transaction" in ran.complaint) == (1, True)


def test_what_is_verified_and_signed_covers_a_call_that_was_answered_just_before(
    ndxp: Ndxp, exchange: RunningExchange
) -> None:
    for command in ("verify", "checkpoint"):
        with exchange.connect(CLIENT) as connection:
            ExchangeServiceStub(connection.channel).ListMembers(ListMembersRequest())
        note = ndxp("log", command, "--json").data["checkpoint"]
        assert Checkpoint.parse(note).size >= exchange.admin.get("totals").json()["last"]


def test_the_ledger_verifies_and_remembers_its_checkpoint(
    ndxp: Ndxp, transaction: str, exchange: RunningExchange
) -> None:
    first = ndxp("log", "verify", "--json")
    assert (first.code, first.data["findings"]) == (0, [])
    assert (exchange.folder / "ledger-checkpoint").read_text(encoding="utf-8") == first.data["checkpoint"]
    again = ndxp("log", "verify")
    assert (again.code, again.out.startswith("✔ The ledger holds")) == (0, True)


def test_a_remembered_checkpoint_that_is_none_is_a_line(ndxp: Ndxp, exchange: RunningExchange) -> None:
    remembered = exchange.folder / "ledger-checkpoint"
    remembered.write_text("x", encoding="utf-8")
    ran = ndxp("log", "verify")
    remembered.unlink()
    assert (ran.code, str(remembered) in ran.complaint) == (1, True)


def test_the_ledger_only_grows_also_under_a_new_key(
    ndxp: Ndxp, exchange: RunningExchange, file: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    old.write_text(ndxp("log", "checkpoint").out, encoding="utf-8")
    former = ndxp("log", "keys").out.split()[-1]
    new = ndxp("log", "rotate-key").out.strip()
    assert ndxp("log", "keys").out.split()[-2:] == [former, new]
    transaction = ndxp("call", METHOD, "{}", "--as", CLIENT, "--json").data["transaction_id"]
    later = tmp_path / "later.json"
    ndxp("log", "evidence", transaction, "-o", later)
    assert ndxp("log", "check", later, "--key", new).code == 0
    assert ndxp("log", "check", file).code == 0
    notes = exchange.admin.get("ledger/checkpoints", params={"limit": 5000}).json()
    assert any(signed(note, former) and signed(note, new) for _, note in notes), (
        "the first checkpoint under the new key"
    )
    grown = ndxp("log", "consistency", old)
    assert (grown.code, grown.out.startswith("✔")) == (0, True)
    assert ndxp("log", "verify").code == 0


def signed(note: str, key: str) -> bool:
    try:
        Checkpoint.open(note, [Key.parse(key)])
    except NoteRefused:
        return False
    return True


def test_a_checkpoint_of_another_ledger_is_not_consistent(ndxp: Ndxp, tmp_path: Path) -> None:
    note = ndxp("log", "checkpoint").out
    forged = tmp_path / "forged"
    forged.write_text(note.replace("\n", "\n1", 1), encoding="utf-8")
    ran = ndxp("log", "consistency", forged)
    assert (ran.code, ran.out.startswith("✗")) == (1, True)


@pytest.mark.parametrize(
    "path",
    [
        "ledger/consistency?old=5&new=999999999",
        "ledger/consistency?old=9&new=5",
        "ledger/evidence/x",
        "transactions?trace=x",
    ],
)
def test_questions_without_an_answer_are_problems(exchange: RunningExchange, path: str) -> None:
    answer = exchange.admin.get(path)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("path", ["ledger", "ledger/records", "ledger/keys", "ledger/tiles/0/0", "statistics"])
def test_the_ledger_is_the_operators_alone(exchange: RunningExchange, path: str) -> None:
    assert httpx.get(f"{exchange.control_url}/admin/v1/{path}").status_code == 401
