"""Lab 6: the pupil writes an agency; another member calls it, and a signed report says what it does right and wrong."""

from collections.abc import Mapping
from secrets import randbelow
from typing import Any

from ndxp.check.report import ReportRefused, verify
from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.ledger.checkpoint import Key
from ndxp.sandbox.ports import free_port

_FAILED, _REPORT = "failed.json", "report.json"
_REASON = "TEXT_TOO_LONG"
_SUBJECTS, _MUTATIONS = "subjects/named:", "mutations/again:"


def prepare(place: Workplace) -> dict[str, str]:
    """A name and a port for the agency, which nobody else has, and a citizen to register something for."""
    museum = f"museum{randbelow(9000) + 1000}"
    [person] = place.people(1)
    return {
        "museum": museum, "contract": f"{museum}.v1.{museum.capitalize()}Service", "port": str(free_port()),
        "number": person.number,
    }  # fmt: skip


def registered(place: Workplace) -> Verdict:
    """The registry has the service, and the exchange has learnt its contract from the running agency."""
    offered = {
        service["contract"]: service["methods"]
        for service in place.admin.get("/services")
        if service["provider"] == place.subsystems["agency"]
    }
    contract = place.values["contract"]
    if contract not in offered:
        return wrong(
            "the registry has no service {contract} of {agency}", "sổ đăng ký chưa có dịch vụ {contract} của {agency}"
        )
    if "RegisterEntry" in offered[contract]:
        return right(
            "the exchange has learnt the contract from your agency", "trục liên thông đã học được hợp đồng từ cơ quan"
        )
    return wrong(
        "the registry has the service, but nothing at its address has told the contract yet",
        "sổ đăng ký có dịch vụ, nhưng chưa có gì ở địa chỉ đó cho biết hợp đồng",
    )


def _answers(place: Workplace) -> list[Mapping[str, Any]]:
    """The records of calls of the province to the agency."""
    return [record for record in place.records("caller") if record["service"] == place.subsystems["agency"]]


def called(place: Workplace) -> Verdict:
    """The province has registered an entry about the citizen, and has read it."""
    subject = place.subject(place.values["number"])
    done = {
        record["method"].rpartition("/")[2]
        for record in _answers(place)
        if not record["status_code"] and subject in record["subjects"].split()
    }
    missing = [method for method in ("RegisterEntry", "GetEntry") if method not in done]
    if not missing:
        return right("another member has used your agency", "một thành viên khác đã dùng dịch vụ của bạn")
    return wrong(
        f"the ledger has no {missing[0]} of {{caller}} at {{agency}} about citizen {{number}} that was answered",
        f"sổ cái chưa có lời gọi {missing[0]} nào của {{caller}} tới {{agency}} về công dân {{number}} được trả lời",
    )


def ruled(place: Workplace) -> Verdict:
    """The agency has refused a text for its own reason."""
    refused = [record for record in _answers(place) if record["reason"] == _REASON]
    if any(record["origin"] == "provider" for record in refused):
        return right("your agency has refused, with its own reason", "cơ quan của bạn đã từ chối với lý do riêng")
    return wrong(
        f"the ledger has no call of {{caller}} that {{agency}} has refused with {_REASON}",
        f"sổ cái chưa có lời gọi nào của {{caller}} bị {{agency}} từ chối với {_REASON}",
    )


def _report(place: Workplace, name: str) -> Mapping[str, str] | Verdict:
    """The status of each check in a report that the exchange has signed about the agency, or what is wrong with it."""
    lines = (place.run_folder / "ledger-keys").read_text(encoding="utf-8").splitlines()
    keys = [Key.parse(line) for line in lines if line.strip()]
    try:
        told, _ = verify((place.folder / name).read_bytes(), keys)
    except OSError:
        return wrong(f"there is no file {{folder}}/{name}", f"chưa có tệp {{folder}}/{name}")
    except ReportRefused as error:
        return wrong(
            f"{{folder}}/{name} proves nothing: {error}", f"{{folder}}/{name} không chứng minh được gì: {error}"
        )
    if told["provider"] != place.subsystems["agency"]:
        return wrong(
            f"{{folder}}/{name} is about another agency: {told['provider']}",
            f"{{folder}}/{name} nói về cơ quan khác: {told['provider']}",
        )
    return {result["id"]: result["status"] for result in told["results"]}


def found(place: Workplace) -> Verdict:
    """A signed report says that the agency does not name whom an answer is about."""
    report = _report(place, _FAILED)
    if isinstance(report, Verdict):
        return report
    failed = [check for check, status in report.items() if status == "failed"]
    if any(check.startswith(_SUBJECTS) for check in failed):
        return right("the check has found it", "việc kiểm tra đã phát hiện")
    return wrong(
        f"{len(failed)} checks of this report have failed, and none of them is {_SUBJECTS[:-1]}",
        f"trong báo cáo này có {len(failed)} mục không đạt, nhưng không có mục {_SUBJECTS[:-1]}",
    )


def passed(place: Workplace) -> Verdict:
    """A signed report says that nothing has failed, with changes made."""
    report = _report(place, _REPORT)
    if isinstance(report, Verdict):
        return report
    if failed := [check for check, status in report.items() if status != "passed" and status != "skipped"]:
        return wrong(
            f"{len(failed)} checks have not passed, the first is {failed[0]}",
            f"có {len(failed)} mục không đạt, mục đầu tiên là {failed[0]}",
        )
    done = [check for check, status in report.items() if status == "passed"]
    if all(any(check.startswith(wanted) for check in done) for wanted in (_SUBJECTS, _MUTATIONS)):
        return right(f"{len(done)} checks have passed", f"{len(done)} mục đạt")
    return wrong(
        "the check has left out what an agency does with changes: it needs examples, and leave to make changes",
        "việc kiểm tra đã bỏ qua phần thay đổi dữ liệu: cần có ví dụ và cho phép thay đổi",
    )


LAB = Lab(
    minutes=40,
    roles={"agency": "VN/GOV/G16/lgsp", "caller": "VN/GOV/H26/one-stop"},
    tasks=(
        Task("offer", registered),
        Task("called", called),
        Task("rule", ruled),
        Task("failed", found),
        Task("passed", passed),
    ),
    prepare=prepare,
)
