"""Lab 5: the pupil writes a client in Python and one over HTTP; the ledger shows how they behave on a bad day."""

import json
from collections.abc import Mapping
from secrets import randbelow
from typing import Any

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.sandbox.nation import world
from ndxp.whole_file import whole_file
from ndxp.world import Citizen
from ndxp.world.registers.health_insurance import HealthInsurance

_POPULATION, _INSURER = "VN/GOV/G01/population", "VN/GOV/G24/health-insurance"
_PURPOSE = "treatment"
_PATIENTS, _REFUSED = "patients.jsonl", "refused.json"
_COUNT = 4
"""Patients whose question can be read; one more has a number without quotation marks."""
_SLOW, _PATIENCE = 4000, 2000


def prepare(place: Workplace) -> dict[str, str]:
    """Faults that each program must live with, a patient for the first program, and a file of them for the second."""
    place.fault(f"delay={_SLOW}ms", provider=_POPULATION, methods=["VerifyCitizen"])
    away: dict[str, Any] = {"nth": "1", "count": "message"}
    place.fault("code=UNAVAILABLE, retry_after=200ms", provider=_INSURER, methods=["CheckIn"], **away)
    place.fault("code=UNAVAILABLE, retry_after=1s", role="web", provider=_POPULATION, methods=["GetCitizen"], **away)
    insured = [person for person in place.people(3 * _COUNT) if world().identifier(HealthInsurance, person.number)]
    one, wrong_one, *others = insured[: _COUNT + 2]
    lines = [_question(person) for person in others]
    lines.insert(1, {**_question(wrong_one), "citizenNumber": int(wrong_one.number)})
    with whole_file(place.folder / _PATIENTS) as file:
        file.write("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode())
    return {
        "number": one.number, "name": _question(one)["fullName"], "birth": one.birth_date.isoformat(),
        "officer": f"nurse-{randbelow(9000) + 1000}", "doors": place.doors,
        "patients": " ".join(person.number for person in others),
    }  # fmt: skip


def _question(citizen: Citizen) -> dict[str, Any]:
    return {
        "citizenNumber": citizen.number, "fullName": " ".join(citizen.full_name.split()),
        "birthDate": citizen.birth_date.isoformat(),
    }  # fmt: skip


def _about(place: Workplace, role: str, number: str) -> list[Mapping[str, Any]]:
    """The records of answers about a citizen to a role's GetCitizen with the purpose."""
    subject = place.subject(number)
    return [
        record
        for record in place.records(role)
        if record["method"].endswith("/GetCitizen")
        and not record["status_code"]
        and record["purpose"] == _PURPOSE
        and subject in record["subjects"].split()
    ]


def asked(place: Workplace) -> Verdict:
    """The record of the patient was asked for, with purpose and officer."""
    answered = _about(place, "me", place.values["number"])
    if not answered:
        return wrong(
            f"the ledger has no GetCitizen of {{me}} about {{number}} for {_PURPOSE} that was answered",
            f"sổ cái chưa có lời gọi GetCitizen nào của {{me}} về {{number}} với mục đích {_PURPOSE} được trả lời",
        )
    if any(record["user_id"] == place.values["officer"] for record in answered):
        return right("the ledger has who asked, for whom and what for", "sổ cái ghi ai hỏi, hỏi về ai và để làm gì")
    return wrong(
        "the answered calls do not name the officer {officer}", "các lời gọi được trả lời không nêu cán bộ {officer}"
    )


def bounded(place: Workplace) -> Verdict:
    """The program did not wait for the slow verification."""
    calls = place.calls(method="VerifyCitizen", code="DEADLINE_EXCEEDED")
    if any(call.ms < _PATIENCE for call in calls):
        return right("your program did not wait longer than its deadline", "chương trình không chờ quá thời hạn")
    if calls:
        return wrong("your program waited for two seconds or more", "chương trình đã chờ từ hai giây trở lên")
    return wrong(
        "the ledger has no VerifyCitizen of {me} that ended with DEADLINE_EXCEEDED",
        "sổ cái chưa có lời gọi VerifyCitizen nào của {me} kết thúc với DEADLINE_EXCEEDED",
    )


def admitted(place: Workplace) -> Verdict:
    """A check-in was sent again by the program, and was done."""
    calls = place.calls(method="CheckIn")
    failed = {call.message_id for call in calls if call.code == "UNAVAILABLE"}
    if not failed:
        return wrong("{me} has not tried a CheckIn yet", "{me} chưa gọi CheckIn lần nào")
    if any(call.code == "OK" and call.attempt > 1 and call.message_id in failed for call in calls):
        return right(
            "one call, two attempts, one visit: both attempts have the same message id",
            "một lời gọi, hai lần thử, một lượt khám: cả hai lần mang cùng mã thông điệp",
        )
    return wrong(
        "no CheckIn was answered at a second attempt of the same call",
        "chưa có lời gọi CheckIn nào được trả lời ở lần thử thứ hai của cùng lời gọi đó",
    )


def over_http(place: Workplace) -> Verdict:
    """Each patient of the file was asked about, and each question was sent again under its message id."""
    failed = {call.message_id for call in place.calls("web", method="GetCitizen", code="UNAVAILABLE")} - {""}
    missing = [
        number
        for number in place.values["patients"].split()
        if not any(record["message_id"] in failed for record in _about(place, "web", number))
    ]
    if not missing:
        return right(
            "all patients that can be read have an answer, each at the second attempt",
            "mọi bệnh nhân đọc được đều có câu trả lời, ở lần thử thứ hai",
        )
    return wrong(
        f"{len(missing)} of {_COUNT} patients have no answer to {{web}} for {_PURPOSE} after an attempt that failed "
        "under the same x-ndxp-message-id",
        f"{len(missing)} trong {_COUNT} bệnh nhân chưa có câu trả lời cho {{web}} với mục đích {_PURPOSE} sau một lần "
        "thử thất bại mang cùng x-ndxp-message-id",
    )


def refused(place: Workplace) -> Verdict:
    """The question that cannot be read was refused once, its refusal is kept, and the program went on."""
    try:
        kept = json.loads((place.folder / _REFUSED).read_text(encoding="utf-8"))
        transaction = str(kept["transaction_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return wrong(
            f"the file {{folder}}/{_REFUSED} does not hold a refusal as the doors send it",
            f"tệp {{folder}}/{_REFUSED} không chứa lời từ chối đúng như cổng HTTP trả về",
        )
    calls = place.calls("web")
    at = next(
        (
            at
            for at, call in enumerate(calls)
            if call.transaction_id == transaction and call.reason == "REQUEST_MALFORMED" and call.message_id
        ),
        None,
    )
    if at is None:
        return wrong(
            "the ledger has no refusal REQUEST_MALFORMED of {web} with this transaction and a message id",
            "sổ cái không có lời từ chối REQUEST_MALFORMED nào của {web} với giao dịch này và có mã thông điệp",
        )
    if len([call for call in calls if call.message_id == calls[at].message_id]) > 1:
        return wrong(
            "your program has sent again what was refused: that cannot help",
            "chương trình đã gửi lại yêu cầu bị từ chối: làm vậy vô ích",
        )
    if any(call.code == "OK" for call in calls[at:]):
        return right(
            "refused once, kept for people to read, and the rest was done",
            "bị từ chối một lần, được lưu lại cho người đọc, và phần còn lại vẫn xong",
        )
    return wrong("after the refusal your program has stopped", "sau lời từ chối, chương trình đã dừng")


LAB = Lab(
    minutes=40,
    roles={"me": "VN/GOV/H26/hospital", "web": "VN/GOV/H26/hospital"},
    tasks=(
        Task("ask", asked),
        Task("deadline", bounded),
        Task("again", admitted),
        Task("http", over_http),
        Task("refused", refused),
    ),
    prepare=prepare,
)
