"""Explanations of transactions, for each way in which a call can end."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.core import explain as explaining
from gateway.core.endpoints import CONTRACT as REST
from gateway.core.explain import STEPS, Explanation
from gateway.core.faults import Fault
from gateway.core.registry import Grant, Member, Registry, Service, Snapshot
from gateway.core.transaction import Origin, Phase, Record
from ndxp.errors import RULES, Code, Reason
from ndxp.language import Language, speaker

CLIENT, SERVICE = "VN/GOV/H26/one-stop", "VN/GOV/G01/demo"
AT_GATEWAY = [reason for reason, rule in RULES.items() if rule.hop.startswith("gateway/")]


MEMBERS = [
    Member(id="VN/GOV/H26", name="Hà Nội", subsystems=["one-stop"]),
    Member(id="VN/GOV/G01", name="Bộ Công an", subsystems=["demo"]),
]
SERVICES = [
    Service(provider=SERVICE, contract="demo.v1.Demo", address="h:1"),
    Service(provider=SERVICE, contract=REST, address="h:2", rest={"clinic": "http://h"}),
]


def explain(
    records: list[Record], *grants: Grant, faults: Sequence[Fault] = (), language: Language = "en"
) -> Explanation:
    registry = Registry(instance="VN", members=MEMBERS, services=SERVICES, grants=list(grants), faults=list(faults))
    return explaining.explain(records, Snapshot(registry, {}), speaker(language))


def grant(*methods: str, **terms: Any) -> Grant:
    contract = terms.pop("contract", "demo.v1.Demo")
    return Grant(id="g", consumer=CLIENT, provider=SERVICE, contract=contract, methods=list(methods), **terms)


def record(phase: Phase = Phase.OUTCOME, **fields: Any) -> Record:
    known = {
        "client": CLIENT, "service": SERVICE, "method": "demo.v1.Demo/Get", "grant": "g", "origin": Origin.PROVIDER,
        "request_in_ts": 1000, "request_out_ts": 1300, "response_in_ts": 3300, "response_out_ts": 3400,
        "messages_in": 1, "messages_out": 1, "request_size": 10, "response_size": 20,
    }  # fmt: skip
    return Record(transaction_id="t", phase=phase, **{**known, **fields})


def decisions(explanation: Explanation) -> dict[str, str]:
    return {step.name: step.decision for step in explanation.steps}


def why(explanation: Explanation, name: str) -> str:
    return next(step.why for step in explanation.steps if step.name == name)


def test_an_answered_call_passed_every_step() -> None:
    explanation = explain([record()])
    assert decisions(explanation) == dict.fromkeys(STEPS, "passed")
    assert explanation.verdict == f"{CLIENT} called demo.v1.Demo/Get of {SERVICE} and got its answer"
    assert explanation.remedy == ""


def test_an_answered_call_shows_where_the_time_went() -> None:
    micros = {step.name: step.micros for step in explain([record()]).steps}
    assert (micros["resolve"], micros["forward"], micros["answer"]) == (300, 2000, 100)


def test_a_method_that_changes_nothing_is_told_from_one_that_may() -> None:
    assert "only the outcome" in why(explain([record()]), "journal")
    assert "in the journal before" in why(explain([record(Phase.REQUEST), record()]), "journal")


@pytest.mark.parametrize("reason", AT_GATEWAY)
def test_a_call_that_the_exchange_refused_stops_at_the_step_of_the_reason(reason: Reason) -> None:
    rule = RULES[reason]
    explanation = explain(
        [record(status_code=rule.code, reason=reason, origin=Origin.GATEWAY, request_out_ts=0, response_in_ts=0)]
    )
    stopped = rule.hop.rpartition("/")[2]
    place = STEPS.index(stopped)
    assert decisions(explanation) == {
        **dict.fromkeys(STEPS[:place], "passed"),
        **dict.fromkeys(STEPS[place + 1 : -1], "not reached"),
        stopped: "failed" if stopped == "forward" else "refused",
        "answer": "passed",
    }
    assert explanation.remedy == rule.remedy
    assert f"the exchange said {rule.code.name} {reason}" in explanation.verdict


DENIED: dict[str, Any] = {
    "status_code": Code.PERMISSION_DENIED,
    "reason": Reason.ACCESS_DENIED,
    "origin": Origin.GATEWAY,
}


def test_a_denied_call_is_told_the_nearest_grant() -> None:
    explanation = explain([record(**DENIED)], grant("Put"))
    assert "its grant g is for Put" in why(explanation, "authorise")


def test_of_a_denied_call_of_a_rest_service_the_path_is_not_known() -> None:
    denied = record(**{**DENIED, "method": f"{REST}/Get"})
    told = why(explain([denied], grant("Get", contract=REST, paths=["/clinic/*"])), "authorise")
    assert told.endswith("its grant g is for the paths /clinic/*; the path is not in the record")


def test_an_answered_call_shows_the_terms_of_its_grant_as_they_are_now() -> None:
    terms = {"purposes": ["care", "tax"], "fields": ["a.b", "c"], "valid_until": "2026-12-31", "basis": "the law"}
    assert why(explain([record()], grant("Get", **terms)), "authorise") == (
        f"grant g of {SERVICE}: releases only a.b, c; for the purpose care or tax; until 2026-12-31; basis the law"
    )
    assert why(explain([record()], grant("Get")), "authorise") == f"grant g of {SERVICE}"
    assert why(explain([record()]), "authorise").endswith("which is not in the registry any more")


def test_a_call_that_stated_no_purpose_is_told_which_would_do() -> None:
    denied = record(**{**DENIED, "reason": Reason.PURPOSE_REQUIRED})
    assert "asks for a purpose among care" in why(explain([denied], grant("Get", purposes=["care"])), "authorise")


def test_a_denied_call_is_judged_at_its_own_time() -> None:
    explanation = explain([record(**DENIED)], grant("Get", valid_from="1970-01-02"))
    assert "is not valid before 1970-01-02" in why(explanation, "authorise")


def test_an_old_refusal_says_that_it_is_explained_by_the_rights_of_now() -> None:
    told = why(explain([record(**DENIED)], grant("Put")), "authorise")
    assert told == (
        f"PERMISSION_DENIED (ACCESS_DENIED): by the rights of now, which may have changed since: "
        f"{CLIENT} has no grant to call Get of demo.v1.Demo at {SERVICE}; its grant g is for Put"
    )
    vietnamese = why(explain([record(**DENIED)], grant("Put"), language="vi"), "authorise")
    assert vietnamese == (
        f"PERMISSION_DENIED (ACCESS_DENIED): theo các quyền hiện nay, có thể đã thay đổi sau lời gọi: "
        f"{CLIENT} không có quyền gọi Get của demo.v1.Demo tại {SERVICE}; quyền g của bên gọi dành cho Put"
    )


def test_a_call_that_was_denied_before_its_grant_came_is_told_so() -> None:
    explanation = explain([record(**DENIED)], grant("Get"))
    assert why(explanation, "authorise").endswith("no grant fitted then; grant g does now")


def test_a_call_that_the_provider_refused_failed_at_forwarding_and_has_no_remedy_of_ours() -> None:
    explanation = explain([record(status_code=Code.PERMISSION_DENIED, reason="ACCESS_DENIED")])
    assert decisions(explanation)["forward"] == "failed"
    assert why(explanation, "forward").startswith("the provider answered PERMISSION_DENIED (ACCESS_DENIED)")
    assert "the provider said PERMISSION_DENIED" in explanation.verdict
    assert explanation.remedy == ""


def test_a_reason_of_the_providers_own_is_passed_on() -> None:
    explanation = explain([record(status_code=Code.NOT_FOUND, reason="NO_SUCH_CARD")])
    assert explanation.verdict.endswith("the provider said NOT_FOUND NO_SUCH_CARD")


def test_a_cancelled_call_is_the_callers_doing() -> None:
    explanation = explain([record(status_code=Code.CANCELLED, origin=Origin.GATEWAY)])
    assert why(explanation, "forward") == "the caller cancelled the call"


def test_a_caller_without_identity_is_called_so() -> None:
    explanation = explain(
        [record(client="", service="", grant="", status_code=16, reason="TOKEN_INVALID", origin=Origin.GATEWAY)]
    )
    assert explanation.verdict.startswith("an unidentified caller called demo.v1.Demo/Get; the exchange said")


def test_a_request_without_outcome_is_under_way_or_lost() -> None:
    explanation = explain([record(Phase.REQUEST)])
    assert decisions(explanation) == {**dict.fromkeys(STEPS[:6], "passed"), "forward": "unknown", "answer": "unknown"}
    assert "under way" in explanation.verdict


LATE = Fault("late", "delay=2s", "2099-12-31", note="a lesson")


def test_an_answer_that_met_a_fault_says_which_and_how_to_remove_it() -> None:
    explanation = explain([record(fault="late", attempt=2)], faults=[LATE])
    assert decisions(explanation) == dict.fromkeys(STEPS, "passed")
    assert why(explanation, "fault") == "fault late (delay=2s): a lesson"
    micros = {step.name: step.micros for step in explanation.steps}
    assert (micros["resolve"], micros["fault"], micros["forward"]) == (None, 300, 2000)
    assert explanation.verdict.endswith(f"Get of {SERVICE} (attempt 2, disturbed on purpose) and got its answer")
    assert explanation.remedy == "wait until the fault ends, or remove it: `ndxp fault remove late`"


@pytest.mark.parametrize(
    ("times", "when", "forward"),
    [
        ({"request_out_ts": 0, "response_in_ts": 0}, "before the provider got the call", "not reached"),
        ({"response_in_ts": 0}, "while the provider had the call", "passed"),
        ({}, "after the provider had answered", "passed"),
    ],
)
def test_a_call_that_a_fault_ended_says_when_in_its_way(times: dict[str, int], when: str, forward: str) -> None:
    ended: dict[str, Any] = {"status_code": Code.UNAVAILABLE, "reason": Reason.FAULT_INJECTED, **times}
    explanation = explain([record(fault="gone", origin=Origin.GATEWAY, **ended)])
    known = dict.fromkeys(STEPS, "passed")
    assert decisions(explanation) == {**known, "fault": "refused", "forward": forward}
    told = f"UNAVAILABLE, set {when}: fault gone, which is not in the registry any more"
    assert why(explanation, "fault") == told
    assert explanation.remedy == "call again"
    assert explanation.verdict.endswith("(disturbed on purpose); the exchange said UNAVAILABLE FAULT_INJECTED")


def test_a_fault_that_the_caller_asked_for_is_called_so() -> None:
    explanation = explain([record(fault="caller")])
    assert why(explanation, "fault") == "the caller asked for it (x-ndxp-fault)"
    assert explanation.remedy == "leave out x-ndxp-fault"


ENDINGS: list[Record] = [
    record(),
    record(Phase.REQUEST),
    record(fault="late,gone,caller", attempt=2, replay_of="first"),
    record(client="", service="", grant="", status_code=16, reason="TOKEN_INVALID", origin=Origin.GATEWAY),
    record(status_code=Code.NOT_FOUND, reason="NO_SUCH_CARD"),
    record(status_code=Code.CANCELLED, origin=Origin.GATEWAY),
    record(status_code=Code.UNAVAILABLE, reason=Reason.FAULT_INJECTED, origin=Origin.GATEWAY, fault="late"),
    record(**{**DENIED, "reason": Reason.PURPOSE_REQUIRED}),
    record(**{**DENIED, "method": f"{REST}/Get"}),
    *(record(status_code=RULES[reason].code, reason=reason, origin=Origin.GATEWAY) for reason in AT_GATEWAY),
]


@pytest.mark.parametrize("ended", ENDINGS, ids=lambda ended: f"{ended.reason or ended.phase}")
def test_each_ending_is_explained_in_vietnamese_with_the_same_decisions_and_names(ended: Record) -> None:
    known = [grant("Get", purposes=["care"]), grant("Get", contract=REST, paths=["/clinic/*"])]
    english = explain([ended], *known, faults=[LATE])
    vietnamese = explain([ended], *known, faults=[LATE], language="vi")
    assert decisions(vietnamese) == decisions(english)
    assert [step.micros for step in vietnamese.steps] == [step.micros for step in english.steps]
    pairs = [(english.verdict, vietnamese.verdict), (english.remedy, vietnamese.remedy)]
    pairs += [(step.why, twin.why) for step, twin in zip(english.steps, vietnamese.steps, strict=True)]
    for told, twin in pairs:
        assert (twin == told) == (told == ""), "a sentence that is not translated"
        names = re.findall(r"[A-Z]{2,}/[\w/-]+|[A-Z]{2,}_[A-Z_]+|`[^`]+`|x-ndxp-\w+", told)
        assert [name for name in names if name not in twin] == []


def test_an_explanation_in_vietnamese_is_plain_to_read() -> None:
    explanation = explain([record(fault="late")], grant("Get", purposes=["care", "tax"]), faults=[LATE], language="vi")
    assert explanation.verdict == (
        f"{CLIENT} đã gọi demo.v1.Demo/Get của {SERVICE} (bị gây nhiễu có chủ đích) và nhận được câu trả lời"
    )
    assert why(explanation, "authorise") == f"quyền g của {SERVICE}: cho mục đích care hoặc tax"
    assert explanation.remedy == "chờ lỗi giả lập kết thúc, hoặc gỡ nó: `ndxp fault remove late`"


def test_the_meaning_of_a_reason_is_told_in_vietnamese() -> None:
    over = record(status_code=Code.RESOURCE_EXHAUSTED, reason=Reason.QUOTA_EXCEEDED, origin=Origin.GATEWAY)
    assert why(explain([over], language="vi"), "admit") == "RESOURCE_EXHAUSTED (QUOTA_EXCEEDED): Vượt hạn mức lời gọi"
