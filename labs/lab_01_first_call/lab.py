"""Lab 1: a call is made, its transaction is found, and so is the call that an agency made because of it."""

import re

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.sandbox.calls import records_of

_IMMIGRATION = "VN/GOV/G01/passports"


def verified(place: Workplace) -> Verdict:
    """A citizen was verified, and the answer came."""
    if place.calls(method="VerifyCitizen", code="OK"):
        return right("the ledger has your verification", "sổ cái có lời gọi xác thực của bạn")
    return wrong(
        "the ledger has no VerifyCitizen of {me} that was answered with OK",
        "sổ cái chưa có lời gọi VerifyCitizen nào của {me} được trả lời OK",
    )


def found(place: Workplace) -> Verdict:
    """The answer names the transaction of a verification."""
    given = place.answer("transaction")
    if not given:
        return wrong("no transaction was named yet", "chưa nêu mã giao dịch")
    if any(call.transaction_id == given for call in place.calls(method="VerifyCitizen", code="OK")):
        return right("this is the transaction of your call", "đúng là giao dịch của lời gọi đó")
    return wrong(
        "no verification of yours has this transaction in the ledger",
        "trong sổ cái, không lời gọi xác thực nào của bạn mang mã giao dịch này",
    )


def measured(place: Workplace) -> Verdict:
    """The answer is the number of bytes that the provider answered with."""
    sizes = {
        str(record["response_size"])
        for record in place.records()
        if record["method"].endswith("/VerifyCitizen") and not record["status_code"]
    }
    given = re.match(r"\d+", place.answer("size"))
    if given is None:
        return wrong("no number of bytes was named yet", "chưa nêu số byte")
    if given[0] in sizes:
        return right("the ledger says so too", "đúng như sổ cái ghi nhận")
    return wrong("the record of your call has another number", "bản ghi của lời gọi có con số khác")


def nested(place: Workplace) -> Verdict:
    """The answer names the call that Immigration made because of an application of ours."""
    applications = {call.transaction_id for call in place.calls(method="SubmitApplication", code="OK")}
    if not applications:
        return wrong(
            "the ledger has no SubmitApplication of {me} that was answered with OK",
            "sổ cái chưa có lời gọi SubmitApplication nào của {me} được trả lời OK",
        )
    given = place.answer("nested")
    if not given:
        return wrong("the second transaction was not named yet", "chưa nêu mã của giao dịch thứ hai")
    asked = records_of(place.admin, _IMMIGRATION, place.since)
    if any(record["transaction_id"] == given and record["message_id"] in applications for record in asked):
        return right(
            "Immigration made this call in its own name, because of your application",
            "Cục Quản lý xuất nhập cảnh đã thực hiện lời gọi này bằng danh nghĩa của mình, do hồ sơ của bạn",
        )
    return wrong(
        "this is no call that Immigration made because of your application",
        "đây không phải lời gọi mà Cục Quản lý xuất nhập cảnh thực hiện do hồ sơ của bạn",
    )


LAB = Lab(
    minutes=20,
    for_class=True,
    roles={"me": "VN/GOV/H26/one-stop"},
    tasks=(Task("verify", verified), Task("transaction", found), Task("size", measured), Task("nested", nested)),
)
