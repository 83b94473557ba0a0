"""A call of the client's: its messages, its end, and what other ends mean."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.errors import Code
from ndxp.http2 import ErrorCode, Fields
from ndxp.rpc import Answer, Rpc, frame, unframe


@pytest.fixture
def answers() -> list[Answer]:
    return []


@pytest.fixture
def rpc(answers: list[Answer]) -> Rpc:
    return Rpc(answers.append)


@given(st.lists(st.binary(max_size=300)))
def test_messages_come_out_of_their_frames_as_they_were(messages: list[bytes]) -> None:
    assert unframe(frame(messages)) == messages


@given(st.lists(st.binary(max_size=30), min_size=1), st.data())
def test_a_part_of_a_message_is_none(messages: list[bytes], data: st.DataObject) -> None:
    whole = frame(messages)
    part = whole[: data.draw(st.integers(0, len(whole)))]
    assert unframe(part) in (None, *(messages[:count] for count in range(len(messages) + 1)))
    assert unframe(whole[:-1] if messages[-1] else whole[:-2]) is None


def test_an_answer_has_messages_status_and_trailers(rpc: Rpc, answers: list[Answer]) -> None:
    data = frame([b"one", b"two"])
    rpc.on_headers("200", [("content-type", "application/grpc")], ended=False)
    rpc.on_data(data[:6], ended=False)
    rpc.on_data(data[6:], ended=False)
    rpc.on_headers("", [("grpc-status", "0"), ("x-ndxp-transaction-id", "t-1")], ended=True)
    assert answers == [Answer(Code.OK, [b"one", b"two"], [("x-ndxp-transaction-id", "t-1")])]


def test_a_failure_has_its_details_in_bytes(rpc: Rpc, answers: list[Answer]) -> None:
    details = b64encode(b"why").decode().rstrip("=")
    rpc.on_headers("200", [("grpc-status", "7"), ("grpc-status-details-bin", details)], ended=True)
    assert answers == [Answer(Code.PERMISSION_DENIED, (), [("grpc-status-details-bin", b"why")])]


@pytest.mark.parametrize("value", ["a", "\xff"])
def test_details_that_are_not_base64_are_none(rpc: Rpc, answers: list[Answer], value: str) -> None:
    rpc.on_headers("200", [("grpc-status", "7"), ("grpc-status-details-bin", value)], ended=True)
    assert answers == [Answer(Code.PERMISSION_DENIED, (), [("grpc-status-details-bin", b"")])]


@pytest.mark.parametrize(
    ("status", "fields", "code"),
    [
        ("503", [], Code.UNAVAILABLE),
        ("404", [], Code.UNIMPLEMENTED),
        ("418", [], Code.UNKNOWN),
        ("200", [], Code.UNKNOWN),
        ("200", [("grpc-status", "17")], Code.UNKNOWN),
        ("200", [("grpc-status", "x")], Code.UNKNOWN),
    ],
)
def test_what_is_no_answer_of_grpcs_has_a_status_too(
    rpc: Rpc, answers: list[Answer], status: str, fields: Fields, code: Code
) -> None:
    rpc.on_headers(status, fields, ended=True)
    assert [answer.code for answer in answers] == [code]


@pytest.mark.parametrize(
    ("reset", "code"),
    [
        (ErrorCode.REFUSED_STREAM, Code.UNAVAILABLE),
        (ErrorCode.CANCEL, Code.CANCELLED),
        (ErrorCode.ENHANCE_YOUR_CALM, Code.RESOURCE_EXHAUSTED),
        (ErrorCode.PROTOCOL_ERROR, Code.INTERNAL),
        (99, Code.INTERNAL),
    ],
)
def test_a_reset_is_a_status(rpc: Rpc, answers: list[Answer], reset: int, code: Code) -> None:
    rpc.on_reset(reset)
    assert [answer.code for answer in answers] == [code]


def test_a_call_ends_once(rpc: Rpc, answers: list[Answer]) -> None:
    rpc.expire()
    rpc.on_lost()
    rpc.on_headers("200", [("grpc-status", "0")], ended=True)
    assert [answer.code for answer in answers] == [Code.DEADLINE_EXCEEDED]


def test_an_answer_that_is_cut_off_or_compressed_is_none(rpc: Rpc, answers: list[Answer]) -> None:
    rpc.on_headers("200", [], ended=False)
    rpc.on_data(b"\1" + frame([b"one"])[1:], ended=False)
    rpc.on_headers("", [("grpc-status", "0")], ended=True)
    assert answers == [Answer(Code.INTERNAL, (), [])]
