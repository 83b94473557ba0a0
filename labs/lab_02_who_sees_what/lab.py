"""Lab 2: three offices ask the same question and get three records; a fourth one gets a narrow grant."""

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong

_GET = "GetCitizen"
_THREE = ("hospital", "province", "tax")
_FIELD = "citizen.full_name"


def _sizes(place: Workplace) -> dict[str, int]:
    """The bytes of the last answer of each office that has one."""
    return {
        role: record["response_size"]
        for role in _THREE
        for record in place.records(role)
        if record["method"].endswith(f"/{_GET}") and not record["status_code"]
    }


def asked(place: Workplace) -> Verdict:
    """Each of the three offices got an answer."""
    missing = [place.subsystems[role] for role in _THREE if role not in _sizes(place)]
    if missing:
        named = ", ".join(missing)
        return wrong(
            f"no GetCitizen was answered yet for {named}", f"chưa có lời gọi GetCitizen được trả lời của {named}"
        )
    return right("all three got an answer", "cả ba cơ quan đều nhận được câu trả lời")


def stated(place: Workplace) -> Verdict:
    """The hospital was refused without a purpose, and answered with one."""
    calls = place.calls("hospital", method=_GET)
    refused = next((at for at, call in enumerate(calls) if call.reason == "PURPOSE_REQUIRED"), None)
    if refused is None:
        return wrong(
            "the hospital was not refused yet for a missing purpose",
            "bệnh viện chưa bị từ chối lần nào vì thiếu mục đích khai thác",
        )
    if any(call.code == "OK" and call.purpose for call in calls[refused:]):
        return right(
            "the same question was refused without a purpose and answered with one",
            "cùng một câu hỏi: thiếu mục đích thì bị từ chối, nêu mục đích thì được trả lời",
        )
    return wrong(
        "after the refusal the hospital has no answer for a stated purpose",
        "sau khi bị từ chối, bệnh viện chưa có câu trả lời nào cho lời gọi có nêu mục đích",
    )


def least(place: Workplace) -> Verdict:
    """The answer names the office whose answer was the smallest."""
    sizes = _sizes(place)
    if len(sizes) < len(_THREE):
        return wrong("let all three ask first", "trước hết hãy để cả ba cơ quan cùng hỏi")
    smallest = {role for role, size in sizes.items() if size == min(sizes.values())}
    if place.answer("least") in smallest:
        return right("so say the records", "đúng như các bản ghi")
    if place.answer("least") not in _THREE:
        named = ", ".join(_THREE)
        return wrong(f"name one of these: {named}", f"hãy nêu một trong các tên: {named}")
    return wrong(
        "compare the sizes of the answers in the records of the three calls",
        "hãy so sánh kích thước câu trả lời trong bản ghi của ba lời gọi",
    )


def narrow(place: Workplace) -> Verdict:
    """The broadcaster was refused, and has then used a grant for a purpose, one field, and a time."""
    calls = place.calls("press", method=_GET)
    refused = next((at for at, call in enumerate(calls) if call.reason == "ACCESS_DENIED"), None)
    if refused is None:
        return wrong(
            "the broadcaster has not been refused yet: let it ask before it has a grant",
            "đài phát thanh chưa bị từ chối: hãy để đài hỏi trước khi được cấp quyền",
        )
    used = {call.grant for call in calls[refused:] if call.code == "OK"}
    if not used:
        return wrong(
            "the broadcaster has no answer under a grant yet",
            "đài phát thanh chưa có câu trả lời nào theo quyền được cấp",
        )
    grants = [each for each in place.admin.get("/grants") if each["id"] in used]
    if any(each["fields"] == [_FIELD] and each["purposes"] and each["valid_until"] for each in grants):
        return right(
            "the grant is for a purpose, one field and a time, and the call was made under it",
            "quyền được cấp cho một mục đích, một trường và một thời hạn, và lời gọi đã dùng quyền đó",
        )
    return wrong(
        f"the grant that was used must have a purpose, an end, and the field {_FIELD} only",
        f"quyền đã dùng phải có mục đích, có thời hạn và chỉ có trường {_FIELD}",
    )


LAB = Lab(
    minutes=30,
    for_class=True,
    roles={
        "hospital": "VN/GOV/H26/hospital",
        "province": "VN/GOV/H26/one-stop",
        "tax": "VN/GOV/G12/tax",
        "press": "VN/GOV/G27/lgsp",
    },
    tasks=(Task("three", asked), Task("purpose", stated), Task("least", least), Task("narrow", narrow)),
)
