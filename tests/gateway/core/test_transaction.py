"""The transaction: its record, the record's bytes, its tally."""

import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.transaction import Call, Origin, Phase, Record, Tally, canonical, new_transaction_id, parse
from ndxp.clock import real_now
from ndxp.errors import Code, Reason
from ndxp.ledger.payload import plain_hash, salt_of, salted

FIELDS = {field.name: field.type for field in msgspec.structs.fields(Record)}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
values: dict[Any, st.SearchStrategy[Any]] = {
    str: texts, int: st.integers(0, 2**62), Phase: st.sampled_from(Phase), Origin: st.sampled_from(Origin)
}  # fmt: skip
records = st.builds(Record, **{name: values[kind] for name, kind in FIELDS.items()})
messages = st.lists(st.binary(max_size=40), max_size=8)

SALT = salt_of(b"key", "transaction")
GOLDEN = (
    b'{"attempts":1,"client":"VN/GOV/H26/one-stop","grant":"population-verify","message_id":"m-1",'
    b'"messages_in":1,"messages_out":1,"method":"ndxp.population.v1.PopulationService/VerifyCitizen","node":"n",'
    b'"origin":"provider","phase":"outcome","purpose":"x\xc3\xa1c th\xe1\xbb\xb1c",'
    b'"request_hash":"aa","request_in_ts":1,"request_out_ts":2,"request_size":10,"response_hash":"bb",'
    b'"response_in_ts":3,"response_out_ts":4,"response_size":2,"service":"VN/GOV/G01/population",'
    b'"transaction_id":"t","user_id":"\\"u\\""}'
)


def tally(parts: list[bytes]) -> Tally:
    counted = Tally()
    for part in parts:
        counted.add(part)
    return counted


def test_the_bytes_of_a_record_never_change() -> None:
    record = Record(
        transaction_id="t", phase=Phase.OUTCOME, client="VN/GOV/H26/one-stop", service="VN/GOV/G01/population",
        method="ndxp.population.v1.PopulationService/VerifyCitizen", message_id="m-1", user_id='"u"',
        purpose="xác thực", request_in_ts=1, request_out_ts=2, response_in_ts=3, response_out_ts=4, request_size=10,
        response_size=2, request_hash="aa", response_hash="bb", messages_in=1, messages_out=1,
        origin=Origin.PROVIDER, attempts=1, grant="population-verify", node="n",
    )  # fmt: skip
    assert canonical(record) == GOLDEN


def test_what_says_nothing_is_left_out_so_that_a_field_added_later_changes_no_older_record() -> None:
    least = Record(transaction_id="t", phase=Phase.OUTCOME, origin=Origin.GATEWAY)
    assert canonical(least) == b'{"origin":"gateway","phase":"outcome","transaction_id":"t"}'


@given(record=records)
def test_a_record_reads_back_as_it_is_written(record: Record) -> None:
    assert parse(canonical(record)) == record


@given(record=records)
def test_the_bytes_of_a_record_are_json_with_sorted_keys_and_no_white_space(record: Record) -> None:
    plain = msgspec.to_builtins(record)
    ours = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert json.loads(canonical(record)) == plain
    assert list(json.loads(canonical(record))) == sorted(plain)
    if "\x7f" not in ours and ours.isprintable():
        assert canonical(record).decode() == ours


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"transaction_id":1,"phase":"outcome"}', b'{"phase":"x"}'])
def test_what_is_no_record_does_not_parse(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        parse(data)


def test_transaction_ids_are_unique_and_in_the_order_of_time() -> None:
    made = [new_transaction_id() for _ in range(2000)]
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {36}
    assert {one[14] for one in made} == {"7"}


@given(parts=messages)
def test_a_tally_counts_messages_and_bytes(parts: list[bytes]) -> None:
    counted = tally(parts)
    assert (counted.messages, counted.size) == (len(parts), sum(map(len, parts)))


@given(message=st.binary())
def test_the_hash_of_one_message_is_salted(message: bytes) -> None:
    assert tally([message]).digest(SALT) == hashlib.sha256(SALT + hashlib.sha256(message).digest()).hexdigest()
    assert tally([message]).digest(SALT) != tally([message]).digest(bytes(16))


@given(parts=messages.filter(lambda p: len(p) > 1))
def test_the_hash_of_a_stream_is_over_length_and_message(parts: list[bytes]) -> None:
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    assert tally(parts).digest(SALT) == hashlib.sha256(SALT + hashlib.sha256(framed).digest()).hexdigest()
    assert tally(parts).digest(SALT) == salted(SALT, plain_hash(parts))


streams = messages.filter(lambda parts: len(parts) != 1)


@given(parts=streams, others=streams)
def test_streams_that_differ_in_anything_differ_in_their_hash(parts: list[bytes], others: list[bytes]) -> None:
    assert (tally(parts).digest(SALT) == tally(others).digest(SALT)) == (parts == others)


def test_streams_that_differ_in_a_boundary_alone_differ_in_their_hash() -> None:
    assert tally([b"ab", b"c"]).digest(SALT) != tally([b"a", b"bc"]).digest(SALT)


def test_nothing_sent_has_no_hash() -> None:
    assert tally([]).digest(SALT) == ""


def test_asking_for_the_hash_does_not_change_it() -> None:
    counted = tally([b"a", b"b"])
    counted.digest(SALT)
    counted.add(b"c")
    assert counted.digest(SALT) == tally([b"a", b"b", b"c"]).digest(SALT)


def test_an_outcome_says_who_what_how_and_when() -> None:
    call = Call("demo.v1.Demo/Get")
    call.client, call.service, call.grant = "VN/GOV/H26/one-stop", "VN/GOV/G01/demo", "g"
    call.headers = {
        "x-ndxp-message-id": "m", "x-ndxp-user-id": "u", "x-ndxp-issue": "i", "x-ndxp-represented-party": "r",
        "x-ndxp-purpose": "p", "traceparent": "t",
    }  # fmt: skip
    call.received.add(b"question")
    call.end(Code.UNAVAILABLE, Origin.GATEWAY, Reason.CIRCUIT_OPEN)
    before = real_now()
    record = call.record(Phase.OUTCOME, "node-1", b"key")
    assert (record.client, record.service, record.method, record.grant) == (
        "VN/GOV/H26/one-stop", "VN/GOV/G01/demo", "demo.v1.Demo/Get", "g",
    )  # fmt: skip
    assert (record.message_id, record.user_id, record.issue) == ("m", "u", "i")
    assert (record.represented_party, record.purpose, record.traceparent) == ("r", "p", "t")
    assert (record.status_code, record.reason, record.origin) == (14, "CIRCUIT_OPEN", Origin.GATEWAY)
    assert (record.request_size, record.messages_in, record.node) == (8, 1, "node-1")
    assert record.request_in_ts <= before <= record.response_out_ts


def test_a_request_on_record_says_nothing_of_an_answer() -> None:
    record = Call("demo.v1.Demo/Get").record(Phase.REQUEST, "n", b"key")
    assert (record.response_out_ts, record.response_hash, record.messages_out) == (0, "", 0)


def test_a_call_knows_its_contract() -> None:
    assert Call("demo.v1.Demo/Get").contract == "demo.v1.Demo"


def test_what_callers_and_providers_write_freely_is_cut_and_holds_no_nul() -> None:
    call = Call("a\0" + "b" * 1000)
    call.end(Code.INTERNAL, Origin.PROVIDER, "\0" + "x" * 1000)
    record = call.record(Phase.OUTCOME, "n", b"key")
    assert (record.method, record.reason) == ("a\ufffd" + "b" * 254, "\ufffd" + "x" * 255)


def test_a_hash_asked_for_in_between_changes_nothing_of_the_later_ones() -> None:
    counted = tally([b"a"])
    assert counted.hash() == hashlib.sha256(b"a").digest()
    counted.add(b"b")
    assert counted.digest(SALT) == tally([b"a", b"b"]).digest(SALT)
