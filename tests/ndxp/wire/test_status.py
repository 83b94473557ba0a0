"""Errors on the wire and back."""

import grpc
import pytest
from google.protobuf import any_pb2, wrappers_pb2
from google.rpc import error_details_pb2, status_pb2
from hypothesis import given
from hypothesis import strategies as st

from ndxp.errors import OF_ALL_AGENCIES, RULES, AgencyError, Code, Reason, Refusal
from ndxp.wire import metadata, status


def on_the_wire(code: Code, message: str, *trailing: metadata.Pair) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(
        status.GRPC_CODES[code], grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), details=message
    )


def test_every_reason_has_a_rule() -> None:
    assert set(RULES) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_rule_says_hop_remedy_and_meaning(reason: Reason) -> None:
    rule = RULES[reason]
    assert rule.code is not Code.OK
    assert rule.hop
    assert rule.remedy
    assert rule.meaning_vi


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_reads_back_as_it_was_made(reason: Reason) -> None:
    refusal = Refusal(reason, "what happened", retry_after=1.5, metadata={"limit": "rate", "key": "x-ndxp-issue"})
    pairs = (
        (metadata.STATUS_DETAILS, status.encode(refusal)),
        (metadata.ERROR_ORIGIN, "gateway"),
        (metadata.TRANSACTION_ID, "t-1"),
    )
    failure = status.decode(on_the_wire(refusal.rule.code, refusal.message, *pairs))
    assert failure == status.Failure(
        code=refusal.rule.code,
        message="what happened",
        reason=reason,
        hop=refusal.rule.hop,
        remedy=refusal.rule.remedy,
        origin="gateway",
        transaction_id="t-1",
        message_vi=refusal.rule.meaning_vi,
        retry_after=1.5,
        details={"limit": "rate", "key": "x-ndxp-issue"},
        field="x-ndxp-issue",
    )


@pytest.mark.parametrize("reason", Reason)
def test_the_reason_alone_is_read_from_the_details(reason: Reason) -> None:
    assert status.reason_of(status.encode(Refusal(reason, "m"))) == reason


@pytest.mark.parametrize("reason", Reason)
def test_error_details_stay_far_below_the_limit_of_trailers(reason: Reason) -> None:
    longest = Refusal(reason, "m" * 500, retry_after=1, metadata={"client": "c" * 200, "service": "s" * 200})
    assert len(status.encode(longest)) < 4000


def test_an_agencys_error_names_its_domain_and_the_field() -> None:
    packed = status.encode(AgencyError(Code.NOT_FOUND, "NO_CARD", "no card", field="number"), domain="ndxp.x.v1.X")
    read = status_pb2.Status.FromString(packed)
    info, violations = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert read.details[0].Unpack(info)
    assert read.details[1].Unpack(violations)
    assert (read.code, read.message) == (Code.NOT_FOUND, "no card")
    assert (info.reason, info.domain) == ("NO_CARD", "ndxp.x.v1.X")
    assert [(v.field, v.description) for v in violations.field_violations] == [("number", "no card")]
    assert status.decode(on_the_wire(Code.NOT_FOUND, "no card", (metadata.STATUS_DETAILS, packed))).field == "number"


@given(garbage=st.binary())
def test_garbage_in_the_details_never_breaks_the_reader(garbage: bytes) -> None:
    failure = status.decode(on_the_wire(Code.INTERNAL, "broken", (metadata.STATUS_DETAILS, garbage)))
    assert (failure.code, failure.message) == (Code.INTERNAL, "broken")
    status.reason_of(garbage)


def test_a_known_detail_with_a_broken_body_never_breaks_the_reader() -> None:
    broken = any_pb2.Any(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff")
    packed = status_pb2.Status(details=[broken]).SerializeToString()
    assert status.decode(on_the_wire(Code.INTERNAL, "broken", (metadata.STATUS_DETAILS, packed))).reason == ""
    assert status.reason_of(packed) == ""


def test_details_of_a_foreign_kind_are_passed_over() -> None:
    foreign = any_pb2.Any()
    foreign.Pack(wrappers_pb2.StringValue(value="x"))
    packed = status_pb2.Status(details=[foreign]).SerializeToString()
    failure = status.decode(on_the_wire(Code.ABORTED, "m", (metadata.STATUS_DETAILS, packed)))
    assert (failure.code, failure.reason) == (Code.ABORTED, "")


def test_an_error_without_details_still_has_code_and_message() -> None:
    assert status.decode(on_the_wire(Code.UNAVAILABLE, "gone")) == status.Failure(Code.UNAVAILABLE, "gone")


def test_an_error_that_is_no_call_is_unknown() -> None:
    assert status.decode(grpc.RpcError("odd")) == status.Failure(Code.UNKNOWN, "odd")


def test_every_code_of_grpc_is_known() -> None:
    assert set(status.GRPC_CODES) == set(Code)


@pytest.mark.parametrize(
    "reason", ["\x1b[31mOK", "A\nB", "free text", "lower", "A" * 64, "Nguyễn Văn An", "A-B", ""], ids=repr
)
def test_a_reason_that_is_none_is_not_written_down(reason: str) -> None:
    said = status_pb2.Status(code=7)
    said.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="somebody"))
    assert status.reason_of(said.SerializeToString()) == ""


def test_a_reason_of_a_provider_is_written_down() -> None:
    said = status_pb2.Status(code=7)
    said.details.add().Pack(error_details_pb2.ErrorInfo(reason="CITIZEN_NOT_FOUND", domain="somebody"))
    assert status.reason_of(said.SerializeToString()) == "CITIZEN_NOT_FOUND"


@pytest.mark.parametrize(("reason", "vietnamese"), OF_ALL_AGENCIES.items())
def test_what_all_agencies_refuse_is_told_in_vietnamese_too(reason: str, vietnamese: str) -> None:
    error = AgencyError(Code.INVALID_ARGUMENT, reason, "what is wrong", field="full_name")
    details = (metadata.STATUS_DETAILS, status.encode(error, domain="demo.v1.Demo"))
    failure = status.decode(on_the_wire(error.code, error.message, details))
    assert (failure.reason, failure.field, failure.message_vi) == (reason, "full_name", vietnamese)
