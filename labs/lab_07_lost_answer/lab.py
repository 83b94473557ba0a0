"""Lab 7: the passport department does the work and its answer is lost; a colleague has applied twice."""

from collections.abc import Sequence

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.passports.v1 import passports_pb2 as pb
from ndxp.passports.v1.passports_pb2_grpc import PassportServiceStub

_SUBMIT = "SubmitApplication"


def prepare(place: Workplace) -> dict[str, str]:
    """A colleague applies twice for one citizen; then the first answer to this pupil will be lost."""
    person, other = place.people(2)
    place.settle()
    with place.connect() as connection:
        for request_id in ("first", "second"):
            PassportServiceStub(connection.channel).SubmitApplication(
                pb.SubmitApplicationRequest(
                    request_id=f"colleague-{request_id}", citizen_number=other.number, full_name=other.full_name,
                    birth_date=other.birth_date.isoformat(), delivery_address="Hà Nội",
                )
            )  # fmt: skip
    place.fault("lose", provider="VN/GOV/G01/passports", methods=[_SUBMIT], nth="1")
    return {
        "number": person.number, "name": person.full_name, "birth": person.birth_date.isoformat(),
        "other": other.number,
    }  # fmt: skip


def _applications(place: Workplace, value: str) -> Sequence[pb.Application]:
    """The applications of a citizen, as the passport department has them."""
    with place.connect("inspector") as connection:
        request = pb.ListApplicationsRequest(citizen_number=place.values[value])
        return list(PassportServiceStub(connection.channel).ListApplications(request).applications)


def lost(place: Workplace) -> Verdict:
    """An application was submitted, and its answer was lost."""
    if any(call.fault and call.code != "OK" for call in place.calls(method=_SUBMIT)):
        return right(
            "the ledger has your application and the fault that took its answer",
            "sổ cái có lời gọi nộp hồ sơ của bạn và lỗi giả lập đã làm mất câu trả lời",
        )
    return wrong("{me} has not submitted an application yet", "{me} chưa nộp hồ sơ nào")


def repeated(place: Workplace) -> Verdict:
    """The same request was sent again, and the department gave its first answer."""
    calls = place.calls(method=_SUBMIT)
    first = {call.transaction_id for call in calls if call.code != "OK"}
    if any(call.code == "OK" and call.replay_of in first for call in calls):
        return right(
            "the department recognised the request and gave its first answer: the record says so",
            "cơ quan cấp hộ chiếu nhận ra yêu cầu cũ và trả lại câu trả lời đầu tiên: bản ghi cho thấy điều đó",
        )
    return wrong(
        "no record says that the department has given the lost answer again",
        "chưa có bản ghi nào cho thấy cơ quan cấp hộ chiếu đã trả lại câu trả lời bị mất",
    )


def one(place: Workplace) -> Verdict:
    """The department has one application of the citizen, and the pupil has asked for it."""
    count = len(_applications(place, "number"))
    if count > 1:
        return wrong(
            f"the department has {count} applications of citizen {place.values['number']}, and not 1",
            f"cơ quan cấp hộ chiếu có {count} hồ sơ của công dân {place.values['number']}, không phải 1",
        )
    if not place.calls(method="ListApplications", code="OK"):
        return wrong(
            "you have not asked the department yet which applications it has",
            "bạn chưa hỏi cơ quan cấp hộ chiếu đang có những hồ sơ nào",
        )
    if not count:
        return wrong("the department has no application yet", "cơ quan cấp hộ chiếu chưa có hồ sơ nào")
    return right("the department has one application", "cơ quan cấp hộ chiếu có đúng một hồ sơ")


def repaired(place: Workplace) -> Verdict:
    """Of the colleague's two applications one is left, and the other one was withdrawn by the pupil."""
    states = [application.state for application in _applications(place, "other")]
    withdrawn = states.count(pb.APPLICATION_STATE_WITHDRAWN)
    if len(states) == 2 and withdrawn == 1 and place.calls(method="WithdrawApplication", code="OK"):
        return right("one application is left", "chỉ còn một hồ sơ có hiệu lực")
    return wrong(
        f"citizen {place.values['other']} has {len(states)} applications, of which {withdrawn} are withdrawn",
        f"công dân {place.values['other']} có {len(states)} hồ sơ, trong đó {withdrawn} hồ sơ đã rút",
    )


LAB = Lab(
    minutes=30,
    for_class=True,
    roles={"me": "VN/GOV/H26/one-stop", "inspector": "VN/GOV/G01/lgsp"},
    tasks=(Task("lost", lost), Task("again", repeated), Task("one", one), Task("repair", repaired)),
    prepare=prepare,
)
