"""Lab 4: a claim matches or differs; the pupil finds out why, verifies a stack of slips, and repairs it."""

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from secrets import SystemRandom
from typing import Any

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.sandbox.nation import world
from ndxp.world import Citizen, Sex, normalise_name
from ndxp.world.names import with_another_given_name

_VERIFY, _BATCH = "/VerifyCitizen", "/BatchVerifyCitizens"
_COUNT = 12
_MARK = 4
"""Bytes of the mark of a slip, such as 07, in an answer of the batch."""
_MATCHED = 2
"""Bytes with which an answer says that the claim has matched; one that differs says nothing."""
_CHOICES = 150
_ACCEPTED = "4"
"""How many of the six spellings of a birth date the registry reads."""

_random = SystemRandom()


def _named(citizen: Citizen) -> str:
    return " ".join(citizen.full_name.split())


def _plain(name: str) -> str:
    """The name in capitals and without diacritics."""
    letters = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).upper()


def _turned(name: str) -> str:
    """The name with the given name first, as forms from abroad have it."""
    surname, *middle, given = name.split()
    return " ".join([given, *middle, surname])


def _swapped(citizen: Citizen) -> str:
    """The birth date with the day in the place of the month."""
    return f"{citizen.birth_date:%Y-%d-%m}"


def _mistyped(number: str) -> str:
    """The number with the two digits of the birth year in the wrong order."""
    return f"{number[:4]}{number[5]}{number[4]}{number[6:]}"


def _suits(citizen: Citizen) -> bool:
    """Whether every mistake of this lab makes a difference with this citizen."""
    name, born = _named(citizen), citizen.birth_date
    return (
        len(name.split()) >= 3
        and not name.isascii()
        and normalise_name(_turned(name)) != normalise_name(name)
        and 12 >= born.day != born.month
        and citizen.number[4] != citizen.number[5]
        and not world().exists(_mistyped(citizen.number))
    )


def _slip(citizen: Citizen, **changed: str) -> dict[str, str]:
    """What a form says of a citizen."""
    return {
        "citizenNumber": citizen.number, "fullName": _named(citizen), "birthDate": citizen.birth_date.isoformat(),
    } | changed  # fmt: skip


def _with_wrong_name(citizen: Citizen) -> dict[str, str]:
    other = with_another_given_name(_named(citizen), int(citizen.sex is Sex.FEMALE), _random.randrange(2048))
    return _slip(citizen, fullName=other)


_Form = Callable[[Citizen], Mapping[str, str]]

_MATCHING: Sequence[_Form] = (
    _slip,
    lambda citizen: _slip(citizen, fullName=_plain(_named(citizen))),
    lambda citizen: _slip(citizen, birthDate=str(citizen.birth_date.year)),
    lambda citizen: _slip(citizen, birthDate=f"{citizen.birth_date:%d/%m/%Y}"),
)
_DIFFERING: Sequence[_Form] = (
    lambda citizen: _slip(citizen, fullName=_turned(_named(citizen))),
    lambda citizen: _slip(citizen, birthDate=_swapped(citizen)),
    lambda citizen: _slip(citizen, citizenNumber=_mistyped(citizen.number)),
)
_UNREADABLE: Sequence[_Form] = (
    lambda citizen: _slip(citizen, citizenNumber=" ".join(citizen.number[at : at + 3] for at in range(0, 12, 3))),
    lambda citizen: _slip(citizen, birthDate=f"{citizen.birth_date:%d-%m-%Y}"),
)


def prepare(place: Workplace) -> dict[str, str]:
    """A citizen for the spellings, three slips with a mistake each, and a stack of twelve."""
    one, *others = [person for person in place.people(_CHOICES) if _suits(person)]
    return {**_spellings(one), **_three(others[:3]), **_stack(others[3 : 3 + _COUNT])}


def _spellings(citizen: Citizen) -> dict[str, str]:
    name, born = _named(citizen), citizen.birth_date
    return {
        "number": citizen.number, "name": name, "plain": _plain(name), "turned": _turned(name),
        "birth": born.isoformat(), "compact": f"{born:%Y%m%d}", "slashes": f"{born:%d/%m/%Y}", "year": str(born.year),
        "dashes": f"{born:%d-%m-%Y}", "american": f"{born:%m/%d/%Y}",
    }  # fmt: skip


def _three(citizens: Sequence[Citizen]) -> dict[str, str]:
    """Three slips, and which mistake each of them has."""
    mistakes = list(zip(("name", "date", "number"), _DIFFERING, strict=True))
    _random.shuffle(mistakes)
    values = {"mistakes": " ".join(mistake for mistake, _ in mistakes)}
    for place, citizen, (_, form) in zip("abc", citizens, mistakes, strict=True):
        slip = form(citizen)
        values |= {
            f"number_{place}": slip["citizenNumber"], f"name_{place}": slip["fullName"],
            f"birth_{place}": slip["birthDate"], f"right_{place}": citizen.number,
        }  # fmt: skip
    return values


def _stack(citizens: Sequence[Citizen]) -> dict[str, str]:
    """The slips, a line each: some match, some differ, some cannot be read, and one has the name of somebody else."""
    matching, unreadable = _random.randint(4, 6), _random.randint(1, 2)
    forms = [
        *_random.choices(_MATCHING, k=matching), *_random.sample(_UNREADABLE, k=unreadable),
        *_random.choices(_DIFFERING, k=_COUNT - matching - unreadable - 1), _with_wrong_name,
    ]  # fmt: skip
    _random.shuffle(forms)
    lines = [
        json.dumps({"itemId": f"{item:02}", **form(citizen)}, ensure_ascii=False)
        for item, (form, citizen) in enumerate(zip(forms, citizens, strict=True), start=1)
    ]
    return {
        "slips": "\n".join(lines),
        "counts": f"{matching} {_COUNT - matching - unreadable} {unreadable}",
        "hopeless": f"{forms.index(_with_wrong_name) + 1:02}",
        "people": " ".join(citizen.number for citizen in citizens),
    }  # fmt: skip


def _answered(place: Workplace, method: str) -> list[Mapping[str, Any]]:
    """The records of calls of a method that were answered."""
    return [record for record in place.records() if record["method"].endswith(method) and not record["status_code"]]


def _verified(place: Workplace, number: str, *, matched: bool) -> list[Mapping[str, Any]]:
    """The records of verifications of a citizen that have matched, or have differed."""
    about = place.subject(number)
    return [
        record
        for record in _answered(place, _VERIFY)
        if about in record["subjects"].split() and (record["response_size"] == _MATCHED) is matched
    ]


def spelt(place: Workplace) -> Verdict:
    """One citizen has matched under two spellings of the name, and differed under another."""
    number = place.values["number"]
    spellings = {record["request_size"] for record in _verified(place, number, matched=True)}
    if len(spellings) < 2:
        return wrong(
            "citizen {number} has not matched under two spellings yet",
            "công dân {number} chưa khớp với hai cách viết khác nhau",
        )
    if _verified(place, number, matched=False):
        return right(
            "two spellings of the name are the same to the registry, and a third one is not",
            "với cơ sở dữ liệu, hai cách viết họ tên là một, cách thứ ba thì không",
        )
    return wrong(
        "no verification of citizen {number} has differed yet", "chưa có lần xác thực nào của công dân {number} bị lệch"
    )


def dated(place: Workplace) -> Verdict:
    """A date that is none was refused, and the pupil knows how many spellings of a date have matched."""
    if not place.calls(method="VerifyCitizen", reason="BIRTH_DATE_MALFORMED"):
        return wrong(
            "no VerifyCitizen was refused yet because of the form of its birth date",
            "chưa có lời gọi VerifyCitizen nào bị từ chối vì ngày sinh viết sai dạng",
        )
    if place.answer("dates") == _ACCEPTED:
        return right("so many have matched", "đúng số cách viết khớp")
    return wrong("another number of spellings has matched", "số cách viết khớp không phải như vậy")


def diagnosed(place: Workplace) -> Verdict:
    """The mistake of each slip is named, and each citizen has matched without it."""
    missing = [slip for slip in "abc" if not _verified(place, place.values[f"right_{slip}"], matched=True)]
    if missing:
        named = ", ".join(missing).upper()
        return wrong(f"no repaired slip has matched yet of: {named}", f"chưa có phiếu đã sửa nào khớp của: {named}")
    if place.answer("which").lower().split() == place.values["mistakes"].split():
        return right("these are the three mistakes", "đúng là ba lỗi đó")
    return wrong(
        "the mistakes are others, or in another order", "các lỗi không phải như vậy, hoặc không theo thứ tự đó"
    )


def _batches(place: Workplace) -> list[Mapping[str, Any]]:
    """The records of batches with as many slips as the file has, or more."""
    return [record for record in _answered(place, _BATCH) if record["messages_in"] >= _COUNT]


def counted(place: Workplace) -> Verdict:
    """The stack was sent in one stream, and its answers were counted."""
    if not _batches(place):
        return wrong(
            f"the ledger has no BatchVerifyCitizens of {{me}} with {_COUNT} slips",
            f"sổ cái chưa có lời gọi BatchVerifyCitizens nào của {{me}} với {_COUNT} phiếu",
        )
    if place.answer("batch").split() == place.values["counts"].split():
        return right("you have counted right", "bạn đếm đúng")
    return wrong("count the answers to the slips of the start again", "hãy đếm lại câu trả lời cho các phiếu ban đầu")


def _last_of_all(place: Workplace) -> int:
    """How many slips have matched in the last batch that reached all twelve citizens; 0 without such a batch."""
    everybody = {place.subject(number) for number in place.values["people"].split()}
    sizes = [
        record["response_size"] - _COUNT * _MARK
        for record in _batches(place)
        if record["messages_in"] == _COUNT and set(record["subjects"].split()) == everybody
    ]
    return sizes[-1] // _MATCHED if sizes else 0


def repaired(place: Workplace) -> Verdict:
    """All slips but one have matched in one batch, and that one is named."""
    matched = _last_of_all(place)
    if matched == _COUNT:
        return wrong(
            "in the last batch all twelve match, so it was not repaired from the slips: somebody has asked the "
            "registry for a name and told it to the registry; send the twelfth slip as it was",
            "ở mẻ cuối cả mười hai phiếu đều khớp, nên không phải sửa từ phiếu: có người đã hỏi họ tên ở cơ sở dữ "
            "liệu rồi khai lại cho chính nó; hãy gửi phiếu thứ mười hai như ban đầu",
        )
    if matched < _COUNT - 1:
        return wrong(
            f"the ledger has no batch of these twelve citizens in which {_COUNT - 1} have matched",
            f"sổ cái chưa có mẻ nào của mười hai công dân này mà {_COUNT - 1} phiếu khớp",
        )
    if not place.answer("repair"):
        return wrong("it is not named yet which slip is left", "chưa nêu phiếu còn lại là phiếu nào")
    if place.answer("repair").zfill(2) == place.values["hopeless"]:
        return right("only the citizen can repair this slip", "phiếu này chỉ chính công dân mới sửa được")
    return wrong(
        "the slip that must go back to the citizen is another one", "phiếu phải trả lại công dân là phiếu khác"
    )


LAB = Lab(
    minutes=40,
    for_class=True,
    roles={"me": "VN/GOV/H26/one-stop"},
    tasks=(
        Task("names", spelt),
        Task("dates", dated),
        Task("which", diagnosed),
        Task("batch", counted),
        Task("repair", repaired),
    ),
    prepare=prepare,
)
