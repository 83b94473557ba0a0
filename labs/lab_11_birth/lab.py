"""Lab 11: the application for a birth goes through five agencies, is returned once, and loses an answer on its way."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import grpc
from google.protobuf.json_format import MessageToJson

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.life_events.v1.life_events_pb2_grpc import LifeEventServiceStub
from ndxp.samples.life_events import birth_of
from ndxp.samples.sample import can_be_mother
from ndxp.whole_file import whole_file

_APPLICATION = "birth.json"
_MANY = 200
"""So many citizens that one of them can be a mother."""

_ONCE = ("RegisterBirth", "RegisterResidence", "IssueChildCard")
"""What must be done once for a child."""


def prepare(place: Workplace) -> dict[str, str]:
    """An application in which the birth date of the mother is not hers."""
    mother = next(citizen for citizen in place.people(_MANY) if can_be_mother(citizen))
    given_name = Random(mother.number).choice(("An", "Bình", "Hà", "Lan", "Mai"))
    application = birth_of(mother, given_name, request_id=str(uuid4()))
    wrong_date = mother.birth_date.replace(day=1) - timedelta(days=1)
    application.birth.mother.birth_date = wrong_date.isoformat()
    with whole_file(place.folder / _APPLICATION) as file:
        file.write(MessageToJson(application, ensure_ascii=False).encode())
    return {"number": mother.number, "birth": mother.birth_date.isoformat(), "province": application.province}


def filed(place: Workplace) -> Verdict:
    """The answer is the code of the dossier that the pupil has filed."""
    if not place.calls(method="SubmitBirth", code="OK"):
        return wrong("{me} has filed no application yet", "{me} chưa nộp hồ sơ nào")
    if _dossier(place) is None:
        return wrong(
            "the answer is not the code of the dossier about {number}",
            "câu trả lời không phải là mã của hồ sơ về {number}",
        )
    return right("this dossier is on its way", "hồ sơ này đang được giải quyết")


def supplemented(place: Workplace) -> Verdict:
    """The dossier has waited for a supplement, and the pupil has given the right one."""
    dossier = _dossier(place)
    if dossier is None:
        return _not_filed()
    if not any(step.state == pb.DOSSIER_STATE_SUPPLEMENT for step in dossier.steps):
        return wrong(
            "no agency has asked for a supplement yet: does the clock go on?",
            "chưa cơ quan nào yêu cầu bổ sung: đồng hồ có chạy không?",
        )
    if not place.calls(method="SupplementDossier", code="OK"):
        return wrong("the dossier waits for a supplement from {me}", "hồ sơ đang chờ {me} bổ sung")
    if dossier.state == pb.DOSSIER_STATE_SUPPLEMENT or dossier.birth.mother.birth_date != place.values["birth"]:
        return wrong("the dossier still does not agree with the records", "hồ sơ vẫn chưa khớp với dữ liệu")
    return right("the dossier went on after your correction", "hồ sơ đã được giải quyết tiếp sau khi bạn sửa")


def lost(place: Workplace) -> Verdict:
    """A fault has taken the answer to RegisterResidence, and the next attempt got the answer that was kept."""
    calls = [record for record in _trace(place) if _method(record) == "RegisterResidence"]
    met = {record["transaction_id"] for record in calls if record["fault"] and record["status_code"]}
    if not met:
        return wrong(
            "no RegisterResidence of this dossier has met a fault yet",
            "chưa có lời gọi RegisterResidence nào của hồ sơ này gặp lỗi giả lập",
        )
    if any(record["replay_of"] in met and record["status_code"] == 0 for record in calls):
        return right(
            "the answer was lost, the province asked again, and got the answer that was kept",
            "câu trả lời bị mất, tỉnh hỏi lại và nhận được câu trả lời đã lưu",
        )
    return wrong(
        "no answer was lost after the work was done: the fault must take the answer, not the call",
        "chưa có câu trả lời nào mất sau khi việc đã làm xong: lỗi phải làm mất câu trả lời, không phải lời gọi",
    )


def done(place: Workplace) -> Verdict:
    """The dossier is done, and nothing was done twice."""
    dossier = _dossier(place)
    if dossier is None:
        return _not_filed()
    if dossier.state != pb.DOSSIER_STATE_DONE:
        state = pb.DossierState.Name(dossier.state).removeprefix("DOSSIER_STATE_")
        return wrong(f"the dossier is {state}", f"hồ sơ đang ở trạng thái {state}")
    for method in _ONCE:
        times = sum(
            _method(record) == method and not record["replay_of"] and (record["status_code"] == 0 or _lost(record))
            for record in _trace(place)
        )
        if times != 1:
            return wrong(f"{method} was done {times} times", f"{method} đã được thực hiện {times} lần")
    return right("three results, and each of them once", "đủ ba kết quả, mỗi kết quả đúng một lần")


def followed(place: Workplace) -> Verdict:
    """The answer is how many subsystems have called in the trace of the dossier."""
    dossier = _dossier(place)
    if dossier is None:
        return _not_filed()
    if dossier.state != pb.DOSSIER_STATE_DONE:
        return wrong("count when the dossier is done", "hãy đếm khi hồ sơ đã xong")
    if place.answer("trace") == str(len({record["client"] for record in _trace(place)})):
        return right("so many callers, and one trace", "chừng ấy bên gọi, một dấu vết duy nhất")
    return wrong(
        "count the different callers in the trace of the dossier",
        "hãy đếm các bên gọi khác nhau trong dấu vết của hồ sơ",
    )


def _dossier(place: Workplace) -> pb.Dossier | None:
    """The dossier whose code was answered, if it is about the mother of this attempt."""
    code = place.answer("file")
    if not code:
        return None
    with place.connect("operations") as connection:
        try:
            answer = LifeEventServiceStub(connection.channel).GetDossier(pb.GetDossierRequest(code=code))
        except grpc.RpcError as error:
            if error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
                return None
            raise
    dossier: pb.Dossier = answer.dossier
    return dossier if dossier.applicant.citizen_number == place.values["number"] else None


def _trace(place: Workplace) -> list[Mapping[str, Any]]:
    """What the ledger has of the dossier's trace."""
    dossier = _dossier(place)
    if dossier is None:
        return []
    trace = dossier.traceparent.split("-")[1]
    found: list[Mapping[str, Any]] = place.admin.get("/transactions", trace=trace, after=place.since, limit=1000)
    return found


def _method(record: Mapping[str, Any]) -> str:
    return str(record["method"]).rpartition("/")[2]


def _lost(record: Mapping[str, Any]) -> bool:
    """Whether the agency has done the work of a call whose answer a fault has taken."""
    return bool(record["fault"] and record["response_in_ts"])


def _not_filed() -> Verdict:
    return wrong("answer the first task first", "hãy trả lời nhiệm vụ thứ nhất trước")


LAB = Lab(
    minutes=40,
    roles={"me": "VN/GOV/G01/wallet", "operations": "VN/GOV/G22/operations"},
    simulated_clock=True,
    tasks=(
        Task("file", filed), Task("supplement", supplemented), Task("lost", lost), Task("done", done),
        Task("trace", followed),
    ),
    prepare=prepare,
)  # fmt: skip
