"""Lab 14: keyed hashes are linked, a plain one is opened, a curious officer is found, and a grant is made small."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from secrets import SystemRandom
from typing import Any
from uuid import uuid4

from ndxp.health_insurance.v1.health_insurance_pb2 import CheckInRequest
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.population.v1.population_pb2 import GetCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.wire import metadata
from ndxp.world import Citizen, Sex, normalise_name, province_by_code

_POPULATION, _CONTRACT = "VN/GOV/G01/population", "ndxp.population.v1.PopulationService"
_CHOICES = 30
_OTHERS = 4
_MATCHED = 2
"""Bytes of an answer that says no more than that a claim has matched."""
_PURPOSE, _REGISTRATION = "consent of the person", "residence registration"
_FIELDS = {"citizen.full_name", "citizen.deceased"}
_NUMBER = re.compile(r"[0-9]{9}")

_random = SystemRandom()


def prepare(place: Workplace) -> dict[str, str]:
    """A hospital and an office ask about some citizens, one officer without need; a bank has a grant for everything."""
    man, one, told, *patients = _citizens(place)
    wide = place.grant("bank", _POPULATION, _CONTRACT, ["GetCitizen"])
    hidden = sha256(man.number.encode()).hexdigest()
    place.settle()
    both = _random.choice(patients)
    _work_at_the_office(place, both, told)
    asked = _work_at_the_hospital(place, one, patients)
    return {
        "transaction": asked[both.number], "number": one.number, "name": " ".join(one.full_name.split()),
        "birth": one.birth_date.isoformat(), "province": province_by_code(man.number[:3]).name,
        "code": man.number[:3], "year": str(man.birth_date.year), "grant": wide, "hidden": hidden,
    }  # fmt: skip


def _work_at_the_office(place: Workplace, both: Citizen, told: Citizen) -> None:
    """A clerk asks about a patient of the hospital, about somebody whom the purpose names, and about strangers."""
    visitors = [(both, _REGISTRATION), (told, f"divorce of {normalise_name(told.full_name)} {told.number}")]
    visitors += [(stranger, _REGISTRATION) for stranger in place.people(_OTHERS)]
    _random.shuffle(visitors)
    clerk = f"clerk-{_random.randrange(1000, 10_000)}"
    with place.connect("office") as connection:
        for visitor, purpose in visitors:
            _ask(connection.channel, visitor, purpose, clerk)


def _work_at_the_hospital(place: Workplace, one: Citizen, patients: Sequence[Citizen]) -> dict[str, str]:
    """Nurses ask about patients; one checks somebody in, and another one looks too. Gives the transactions."""
    nurse, curious, *more = (f"nurse-{number}" for number in _random.sample(range(1000, 10_000), 4))
    with place.connect("hospital") as connection:
        asked = {who.number: _ask(connection.channel, who, "treatment", _random.choice(more)) for who in patients}
        visit = CheckInRequest(
            request_id=str(uuid4()), citizen_number=one.number, full_name=one.full_name,
            birth_date=one.birth_date.isoformat(), facility="01001",
        )  # fmt: skip
        HealthInsuranceServiceStub(connection.channel).CheckIn(visit, metadata=[(metadata.USER_ID, nurse)])
        for officer in (nurse, curious):
            _ask(connection.channel, one, "treatment", officer)
    return asked


def _citizens(place: Workplace) -> list[Citizen]:
    """A man first, who is the one behind the plain hash, and others."""
    people = place.people(_CHOICES)
    man = next(person for person in people if person.sex is Sex.MALE)
    return [man, *(person for person in people if person is not man)][: _OTHERS + 3]


def _ask(channel: Any, citizen: Citizen, purpose: str, officer: str) -> str:
    """Asks for a record; gives the transaction."""
    request = GetCitizenRequest(
        citizen_number=citizen.number, full_name=citizen.full_name, birth_date=citizen.birth_date.isoformat()
    )
    stated = [(metadata.PURPOSE, purpose), (metadata.USER_ID, officer)]
    _, call = PopulationServiceStub(channel).GetCitizen.with_call(request, metadata=stated)
    return str(dict(call.trailing_metadata())[metadata.TRANSACTION_ID])


def _before(place: Workplace, role: str) -> Iterator[Mapping[str, Any]]:
    """The records of a role from before the start: those that were made by others than the pupil."""
    records = place.admin.get("/transactions", client=place.subsystems[role], limit=1000)
    return (record for record in records if record["seq"] <= place.since)


def linked(place: Workplace) -> Verdict:
    """The answer is the office's transaction about the person of the hospital's transaction."""
    [subjects] = [
        record["subjects"]
        for record in _before(place, "hospital")
        if record["transaction_id"] == place.values["transaction"]
    ]
    if place.answer("link") in {r["transaction_id"] for r in _before(place, "office") if r["subjects"] == subjects}:
        return right(
            "both transactions are about one person, whose name you do not know",
            "hai giao dịch nói về cùng một người, mà bạn không biết là ai",
        )
    return wrong(
        "the transaction that you have named is not about the person of {transaction}, or not one of {office}",
        "giao dịch bạn nêu không nói về người trong {transaction}, hoặc không phải của {office}",
    )


def opened(place: Workplace) -> Verdict:
    """The answer is the number behind the plain hash."""
    if sha256(place.answer("plain").encode()).hexdigest() == place.values["hidden"]:
        return right("this number has the plain hash", "số này có đúng giá trị băm đó")
    return wrong("the number has another hash", "số này có giá trị băm khác")


def found(place: Workplace) -> Verdict:
    """The answer is the officer who looked at the record without a check-in."""
    subject = place.subject(place.values["number"])
    about = [record for record in _before(place, "hospital") if subject in record["subjects"].split()]
    busy = {record["user_id"] for record in about if record["method"].endswith("/CheckIn")}
    if place.answer("curious") in {record["user_id"] for record in about} - busy:
        return right("the ledger has a look and no visit of this officer", "sổ cái có lượt xem mà không có lượt khám")
    return wrong(
        "this officer has not looked at the record of {number}, or has checked the patient in",
        "cán bộ này không xem thông tin của {number}, hoặc chính là người tiếp đón bệnh nhân",
    )


def written(place: Workplace) -> Verdict:
    """The record with somebody's number in it is named, and the same need was met with less."""
    told = {record["transaction_id"] for record in _before(place, "office") if _NUMBER.search(record["purpose"])}
    if place.answer("words") not in told:
        return wrong(
            "the record that you have named does not say in its words whom it is about",
            "bản ghi bạn nêu không để lộ trong lời khai nó nói về ai",
        )
    subject = place.subject(place.values["number"])
    if any(
        record["method"].endswith("/VerifyCitizen")
        and record["response_size"] == _MATCHED
        and subject in record["subjects"].split()
        and record["purpose"]
        and not _NUMBER.search(record["purpose"])
        for record in place.records("office")
    ):
        return right(
            "two bytes were enough, and the purpose names nobody", "hai byte là đủ, và mục đích không nêu tên ai"
        )
    return wrong(
        "the ledger has no answer of two bytes to {office} about citizen {number} for a stated purpose",
        "sổ cái chưa có câu trả lời hai byte nào cho {office} về công dân {number} với mục đích đã khai",
    )


def narrowed(place: Workplace) -> Verdict:
    """The wide grant is gone; the bank has asked for a small one, got it, and used it."""
    grants = {grant["id"]: grant for grant in place.admin.get("/grants")}
    if place.values["grant"] in grants:
        return wrong("the grant {grant} is still there", "quyền {grant} vẫn còn")
    calls = place.calls("bank")
    if not calls.where(method="RequestGrant", code="OK"):
        return wrong("{bank} has not asked for a grant", "{bank} chưa đề nghị cấp quyền")
    used = [grants[call.grant] for call in calls.where(method="GetCitizen", code="OK") if call.grant in grants]
    if not used:
        return wrong(
            "{bank} has no answer under a grant that is in force", "{bank} chưa được trả lời theo quyền nào đang có"
        )
    grant = used[-1]
    if set(grant["fields"]) == _FIELDS and grant["purposes"] == [_PURPOSE] and _ends_soon(grant["valid_until"]):
        return right(
            "one purpose, two fields, an end: asked for, decided, and used",
            "một mục đích, hai trường, có thời hạn: đã đề nghị, đã quyết định và đã dùng",
        )
    return wrong(
        f"the grant that was used must be for the purpose {_PURPOSE!r}, with the fields {' and '.join(sorted(_FIELDS))}"
        " only, and end in 2030 or before",
        f"quyền đã dùng phải có mục đích {_PURPOSE!r}, chỉ gồm các trường {' và '.join(sorted(_FIELDS))}, và hết hạn "
        "trong năm 2030 hoặc sớm hơn",
    )


def _ends_soon(until: str) -> bool:
    return bool(until) and date.fromisoformat(until[:10]).year <= 2030


LAB = Lab(
    minutes=40,
    for_class=True,
    roles={"hospital": "VN/GOV/H26/hospital", "office": "VN/GOV/H26/one-stop", "bank": "VN/COM/9900000016/ekyc"},
    tasks=(
        Task("link", linked),
        Task("plain", opened),
        Task("curious", found),
        Task("words", written),
        Task("narrow", narrowed),
    ),
    prepare=prepare,
)
