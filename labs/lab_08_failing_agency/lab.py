"""Lab 8: the population database is slow, then away for a moment, then away for long."""

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong

_PROVIDER = "VN/GOV/G01/population"
_SLOW = 1500
_ATTEMPTS = 3
_ENOUGH = 9
"""How many calls to an agency that is away are still no storm."""


def prepare(place: Workplace) -> dict[str, str]:
    """Three methods fail, each in its own way."""
    slow = {"do": f"delay={_SLOW}ms", "methods": ["GetCitizen"]}
    for_a_moment = {"do": "code=UNAVAILABLE, retry_after=200ms", "methods": ["VerifyCitizen"], "nth": "1-2"}
    for_long = {"do": "code=UNAVAILABLE", "methods": ["ListHousehold"]}
    place.faults(*({"provider": _PROVIDER, **rule} for rule in (slow, for_a_moment, for_long)))
    return {}


def impatient(place: Workplace) -> Verdict:
    """A call ended because its caller did not wait long enough."""
    if any(call.ms < _SLOW for call in place.calls(method="GetCitizen", code="DEADLINE_EXCEEDED")):
        return right("the deadline was over before the answer came", "hết thời hạn trước khi có câu trả lời")
    return wrong(
        "the ledger has no GetCitizen of {me} that ended with DEADLINE_EXCEEDED",
        "sổ cái chưa có lời gọi GetCitizen nào của {me} kết thúc với DEADLINE_EXCEEDED",
    )


def patient(place: Workplace) -> Verdict:
    """The slow answer was waited for."""
    if any(call.ms >= _SLOW for call in place.calls(method="GetCitizen", code="OK")):
        return right("you have waited long enough", "bạn đã chờ đủ lâu")
    return wrong("no slow GetCitizen was answered yet", "chưa có lời gọi GetCitizen chậm nào được trả lời")


def retried(place: Workplace) -> Verdict:
    """A program has sent its call again until it was answered."""
    calls = place.calls(method="VerifyCitizen")
    again = [call for call in calls if call.code == "OK" and call.attempt == _ATTEMPTS]
    if again and calls.codes[:2] == ["UNAVAILABLE", "UNAVAILABLE"]:
        return right("the third attempt of one call was answered", "lần thử thứ ba của một lời gọi đã được trả lời")
    return wrong(
        "no VerifyCitizen was answered at its third attempt; the column attempt shows which attempt a call was",
        "chưa có lời gọi VerifyCitizen nào được trả lời ở lần thử thứ ba; cột attempt cho biết đó là lần thử thứ mấy",
    )


def given_up(place: Workplace) -> Verdict:
    """A program has tried an agency that stays away, and has stopped."""
    calls = place.calls(method="ListHousehold")
    if max(calls.attempts, default=0) < _ATTEMPTS:
        return wrong(
            "no ListHousehold was sent three times by one program",
            "chưa có chương trình nào gửi ListHousehold đủ ba lần",
        )
    if len(calls) > _ENOUGH:
        return wrong(
            f"{len(calls)} calls to an agency that is away are too many: `ndxp lab reset`, and let the program give up",
            f"{len(calls)} lời gọi tới một cơ quan đang ngừng là quá nhiều: `ndxp lab reset`, và để nó bỏ cuộc",
        )
    return right(
        f"after {len(calls)} calls the agency was left alone", f"sau {len(calls)} lời gọi, cơ quan đó không bị gọi nữa"
    )


LAB = Lab(
    minutes=30,
    for_class=True,
    roles={"me": "VN/GOV/H26/one-stop"},
    tasks=(Task("deadline", impatient), Task("patience", patient), Task("retry", retried), Task("stop", given_up)),
    prepare=prepare,
)
