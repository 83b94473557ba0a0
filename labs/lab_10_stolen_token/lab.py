"""Lab 10: a token was stolen and its secret is rotated; a company is dismissed while its call is open."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.labs.text import LabRefused
from ndxp.sandbox.calls import records_of
from ndxp.sandbox.state import State
from ndxp.whole_file import whole_file

_STOLEN = "stolen-token"
_POPULATION = "VN/GOV/G01/population"
_OPERATOR = "admin/operator"
_SLOW_SECONDS = 30
_OPEN_MS, _NEAR_MS = 500, 50
"""How long a call was open that is no short one, and how exact an answer has to be."""


def prepare(place: Workplace) -> dict[str, str]:
    """A thief has copied a token of the one-stop system, and the calls of the company are slow."""
    state = State.running(place.run_folder)
    if state.tls:
        raise LabRefused("with TLS a token is of no use without its certificate: start an exchange without --tls")
    with whole_file(place.folder / _STOLEN) as file:
        file.write(state.tokens(place.subsystems["me"]).blocking().encode())
    place.fault(f"delay={_SLOW_SECONDS}s", role="company", provider=_POPULATION, methods=["VerifyCitizen"])
    [person] = place.people(1)
    return {
        "number": person.number, "name": person.full_name, "birth": person.birth_date.isoformat(),
        "http": state.rest_url, "member": place.subsystems["company"].rpartition("/")[0],
    }  # fmt: skip


def stolen_used(place: Workplace) -> Verdict:
    """The whole record of a citizen was given to a token."""
    if place.calls(method="GetCitizen", code="OK"):
        return right(
            "the ledger says that {me} has read the record; it cannot know who held the token",
            "sổ cái ghi rằng {me} đã xem hồ sơ; sổ cái không biết ai là người cầm token",
        )
    return wrong("nobody has read the record as {me} yet", "chưa ai xem hồ sơ với danh nghĩa {me}")


def limits(place: Workplace) -> Verdict:
    """The token was refused where its owner has no right, and the answer is how long a token lives."""
    if not place.calls(reason="ACCESS_DENIED"):
        return wrong(
            "no call of {me} was refused with ACCESS_DENIED yet",
            "chưa có lời gọi nào của {me} bị từ chối với ACCESS_DENIED",
        )
    claims = _claims(place)
    if place.answer("limits") == str(claims["exp"] - claims["iat"]):
        return right("so says the token itself", "chính token nói như vậy")
    return wrong(
        "the second part of the token says when it was issued and when it expires",
        "phần thứ hai của token cho biết lúc cấp và lúc hết hạn",
    )


def key_rotated(place: Workplace) -> Verdict:
    """A new key signs, and the token of the old key was answered all the same."""
    rotated = _done(place, "RotateTokenKey")
    if not rotated:
        return wrong("the key that signs tokens is still the same", "khóa ký token vẫn là khóa cũ")
    if _places(place, "me", after=rotated, status_code=0):
        return right(
            "a token of the old key is good until it expires", "token ký bằng khóa cũ còn giá trị đến khi hết hạn"
        )
    return wrong(
        "the stolen token was not tried again since the key is new",
        "từ khi có khóa mới, token bị đánh cắp chưa được thử lại",
    )


def secret_rotated(place: Workplace) -> Verdict:
    """The owner has a new secret, the stolen token was refused, and the owner was answered again."""
    rotated = _done(place, "RotateMember", f"member={place.subsystems['me']}")
    if not rotated:
        return wrong("{me} has its old secret", "{me} vẫn dùng mã bí mật (secret) cũ")
    if not _places(place, "me", after=rotated, reason="TOKEN_INVALID"):
        return wrong(
            "the thief has not tried the stolen token since: the ledger has no TOKEN_INVALID",
            "từ đó kẻ trộm chưa thử lại token: sổ cái chưa có TOKEN_INVALID",
        )
    if not _places(place, "me", after=rotated, status_code=0):
        return wrong("{me} has not called with its new secret yet", "{me} chưa gọi bằng mã bí mật (secret) mới")
    return right("the thief is out, and the owner is in", "kẻ trộm bị loại, chủ sở hữu vẫn làm việc được")


def dismissed(place: Workplace) -> Verdict:
    """A call of the company was open when the company was disabled, and the answer is how long it went on."""
    ended = next(
        (record for record in place.records("company")
         if record["reason"] == "MEMBER_DISABLED" and _end(record) - record["request_in_ts"] > _OPEN_MS * 1000),
        None,
    )  # fmt: skip
    if ended is None:
        return wrong(
            "no open call of {company} has ended with MEMBER_DISABLED yet",
            "chưa có lời gọi nào đang mở của {company} kết thúc với MEMBER_DISABLED",
        )
    begun = [each for each in _changes(place, "DisableMember", f"member={place.values['member']}")
             if each["request_in_ts"] < _end(ended)]  # fmt: skip
    if begun and _close(place.answer("dismiss"), (_end(ended) - begun[-1]["request_in_ts"]) / 1000):
        return right("so it stands in the ledger", "sổ cái ghi đúng như vậy")
    return wrong(
        "how many milliseconds passed from DisableMember to the end of the open call? Both times are in the ledger",
        "từ DisableMember đến khi lời gọi đang mở kết thúc là bao nhiêu mili giây? Sổ cái có cả hai thời điểm",
    )


def back(place: Workplace) -> Verdict:
    """The company was enabled after it was disabled, and was answered with the secret that it had."""
    disabled = _done(place, "DisableMember", f"member={place.values['member']}")
    enabled = _done(place, "EnableMember", f"member={place.values['member']}")
    if not disabled or enabled < disabled:
        return wrong("the company was not dismissed and taken back", "doanh nghiệp chưa bị loại rồi được nhận lại")
    if _done(place, "RotateMember", f"member={place.values['member']}") or _done(
        place, "RotateMember", f"member={place.subsystems['company']}"
    ):
        return wrong(
            "the company has another secret now: `ndxp lab reset`, and do not rotate it",
            "doanh nghiệp đã có mã bí mật (secret) khác: `ndxp lab reset`, và đừng đổi mã bí mật của doanh nghiệp",
        )
    if _places(place, "company", after=enabled, status_code=0):
        return right("it calls with the secret that it always had", "doanh nghiệp gọi bằng chính mã bí mật cũ")
    return wrong("{company} has not been answered since", "từ đó {company} chưa được trả lời")


def _claims(place: Workplace) -> Mapping[str, Any]:
    """What the stolen token says."""
    part = (place.folder / _STOLEN).read_text(encoding="utf-8").split(".")[1]
    claims: Mapping[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _changes(place: Workplace, operation: str, issue: str = "") -> list[Mapping[str, Any]]:
    """The operator's changes of a kind since the start, from the ledger."""
    return [
        record
        for record in records_of(place.admin, _OPERATOR, place.since)
        if record["method"].endswith(f"/{operation}") and record["issue"] == issue and record["status_code"] == 0
    ]


def _done(place: Workplace, operation: str, issue: str = "") -> int:
    """The place in the ledger of the last such change; 0 without one."""
    return max((record["seq"] for record in _changes(place, operation, issue)), default=0)


def _places(place: Workplace, role: str, *, after: int, **values: object) -> list[int]:
    """The places in the ledger of a role's calls that have these values, after a place."""
    return [
        record["seq"]
        for record in place.records(role)
        if record["seq"] > after and all(record[name] == value for name, value in values.items())
    ]


def _end(record: Mapping[str, Any]) -> int:
    """When a call had ended, in microseconds."""
    return int(record["response_out_ts"] or record["response_in_ts"])


def _close(answer: str, milliseconds: float) -> bool:
    """Whether an answer is about so many milliseconds."""
    try:
        return abs(float(answer.replace(",", ".")) - milliseconds) <= _NEAR_MS
    except ValueError:
        return False


LAB = Lab(
    minutes=40,
    roles={"me": "VN/GOV/H26/one-stop"},
    members={"company": ("companies", "connected")},
    tasks=(
        Task("thief", stolen_used), Task("limits", limits), Task("key", key_rotated), Task("rotate", secret_rotated),
        Task("dismiss", dismissed), Task("back", back),
    ),
    prepare=prepare,
)  # fmt: skip
