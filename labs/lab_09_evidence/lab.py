"""Lab 9: a call is proven, a forged proof and a changed copy of the ledger are found, and so is who asked."""

import json
from collections.abc import Mapping
from pathlib import Path
from secrets import randbelow
from typing import Any

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.ledger.backup import Backup, BackupRefused
from ndxp.ledger.checkpoint import Key
from ndxp.ledger.evidence import EvidenceRefused, check
from ndxp.population.v1.population_pb2 import GetCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

_PROOF, _FORGED, _COPY = "proof.json", "forged.json", "copy.backup"


def prepare(place: Workplace) -> dict[str, str]:
    """Somebody at the hospital asks about a citizen before the pupil begins."""
    [person] = place.people(1)
    officer = f"officer-{randbelow(9000) + 1000}"
    place.settle()
    with place.connect("hospital") as connection:
        PopulationServiceStub(connection.channel).GetCitizen(
            GetCitizenRequest(
                citizen_number=person.number, full_name=person.full_name, birth_date=person.birth_date.isoformat()
            ),
            metadata=[("x-ndxp-purpose", "treatment"), ("x-ndxp-user-id", officer)],
        )
    return {"number": person.number, "name": person.full_name, "birth": person.birth_date.isoformat()}


def _keys(place: Workplace) -> list[Key]:
    """The public keys of the ledger."""
    lines = (place.run_folder / "ledger-keys").read_text(encoding="utf-8").splitlines()
    return [Key.parse(line) for line in lines if line.strip()]


def _proven(place: Workplace, text: str) -> bool:
    """Whether evidence is of a call that the pupil has made since the start. Raises EvidenceRefused."""
    proven = check(text, _keys(place)).records
    return any(record.get("client") == place.subsystems["me"] and seq > place.since for seq, record in proven)


def _content(path: Path) -> str:
    """What a file of the pupil holds; empty when it is not there or no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def proven(place: Workplace) -> Verdict:
    """The file proves a call of the pupil."""
    text = _content(place.folder / _PROOF)
    if not text:
        return wrong(f"there is no file {{folder}}/{_PROOF}", f"chưa có tệp {{folder}}/{_PROOF}")
    try:
        mine = _proven(place, text)
    except EvidenceRefused as error:
        return wrong(f"the file proves nothing: {error}", f"tệp không chứng minh được gì: {error}")
    if mine:
        return right("the file proves a call of yours", "tệp chứng minh một lời gọi của bạn")
    return wrong(
        "the file proves a call, but none that {me} has made in this lab",
        "tệp chứng minh một lời gọi, nhưng không phải lời gọi của {me} trong bài này",
    )


def forged(place: Workplace) -> Verdict:
    """The second file is the first one with another record in it, and is refused."""
    before, after = _parsed(place.folder / _PROOF), _parsed(place.folder / _FORGED)
    if not before or not after:
        return wrong(
            f"there are not both files {_PROOF} and {_FORGED} in {{folder}}",
            f"trong {{folder}} chưa có đủ hai tệp {_PROOF} và {_FORGED}",
        )
    if before.keys() != after.keys() or {name for name in before if before[name] != after[name]} != {"records"}:
        return wrong(
            f"{_FORGED} must be {_PROOF} with another record in it, and all else as it was",
            f"{_FORGED} phải là {_PROOF} với bản ghi bị sửa, mọi thứ khác giữ nguyên",
        )
    try:
        _proven(place, json.dumps(after))
    except EvidenceRefused as error:
        return right(f"the forgery is found: {error}", f"việc giả mạo bị phát hiện: {error}")
    return wrong(
        "what was changed means nothing: the proof still holds", "chỗ sửa không có ý nghĩa gì: bằng chứng vẫn đúng"
    )


def _parsed(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file; empty when there is none."""
    try:
        found = json.loads(_content(path))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def tampered(place: Workplace) -> Verdict:
    """The copy of the ledger was changed where the pupil's own call is, and the audit names the place."""
    path = place.folder / _COPY
    if not path.is_file():
        return wrong(f"there is no copy of the ledger {{folder}}/{_COPY}", f"chưa có bản sao sổ cái {{folder}}/{_COPY}")
    try:
        with Backup(path) as copy:
            findings = copy.audit(_keys(place)).findings
    except BackupRefused as error:
        return wrong(f"the copy cannot be read: {error}", f"không đọc được bản sao: {error}")
    own = {record["seq"] for record in place.records()}
    found = next((finding for finding in findings if finding.place in own), None)
    if found:
        return right(f"the audit finds it: {found.text}", f"việc kiểm tra phát hiện ra: {found.text}")
    return wrong(
        "the audit finds nothing at a record of a call of yours",
        "việc kiểm tra không thấy gì ở bản ghi của một lời gọi của bạn",
    )


def asked(place: Workplace) -> Verdict:
    """The answer names the officer of the hospital who asked about the citizen."""
    records = place.admin.get("/transactions", client=place.subsystems["hospital"], limit=1000)
    officers = {record["user_id"] for record in records if record["user_id"]}
    if place.answer("who") in officers:
        return right("the ledger names this officer", "sổ cái nêu đúng cán bộ này")
    return wrong(
        "the ledger names another officer who asked about citizen {number}",
        "sổ cái nêu một cán bộ khác đã hỏi về công dân {number}",
    )


LAB = Lab(
    minutes=40,
    roles={"me": "VN/GOV/H26/one-stop", "hospital": "VN/GOV/H26/hospital"},
    tasks=(Task("proof", proven), Task("forgery", forged), Task("copy", tampered), Task("who", asked)),
    prepare=prepare,
)
