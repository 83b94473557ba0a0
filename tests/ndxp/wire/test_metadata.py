"""What a caller may send in metadata, and what goes on to the provider and back."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.errors import Reason, Refusal
from ndxp.wire import metadata

printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=metadata.MAX_VALUE)
keys = st.from_regex(r"[a-z][a-z0-9_.\-]{0,30}", fullmatch=True)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def refusal(pairs: list[metadata.Pair]) -> Refusal:
    with pytest.raises(Refusal) as raised:
        metadata.read(pairs)
    return raised.value


@given(values=st.dictionaries(st.sampled_from(sorted(metadata.FROM_CALLER)), printable))
def test_every_known_key_reads_back(values: dict[str, str]) -> None:
    assert dict(metadata.read(values.items())) == values


@given(name=keys)
def test_an_unknown_key_of_the_exchange_is_refused_by_name(name: str) -> None:
    key = metadata.PREFIX + name
    if key in metadata.FROM_CALLER:
        return
    refused = refusal([(key, "1")])
    assert refused.reason is Reason.INVALID_METADATA
    assert key[:64] in refused.message
    assert refused.metadata == {"key": key[:64]}


@pytest.mark.parametrize("key", [metadata.TRANSACTION_ID, metadata.ASSERTION, metadata.ERROR_ORIGIN, metadata.SUBJECT])
def test_a_caller_may_not_say_what_only_the_gateway_says(key: str) -> None:
    assert refusal([(key, "x")]).reason is Reason.INVALID_METADATA


@pytest.mark.parametrize("key", [metadata.AUTHORIZATION, metadata.TRACEPARENT, *sorted(metadata.FROM_CALLER)])
def test_a_key_given_twice_is_refused(key: str) -> None:
    value = TRACE if key == metadata.TRACEPARENT else "x"
    refused = refusal([(key, value), (key, value)])
    assert "more than once" in refused.message


@pytest.mark.parametrize(
    "value", ["x" * (metadata.MAX_VALUE + 1), "Nguyễn", "tab\t", "line\n", "\x7f", b"bytes"], ids=repr
)
def test_a_value_too_long_or_not_printable_ascii_is_refused(value: str | bytes) -> None:
    assert refusal([(metadata.PURPOSE, value)]).metadata == {"key": metadata.PURPOSE}


def test_the_longest_value_is_taken() -> None:
    value = "x" * metadata.MAX_VALUE
    assert metadata.read([(metadata.PURPOSE, value)])[metadata.PURPOSE] == value


NAME = "UTF-8''Tr%E1%BA%A7n%20V%C4%83n%20B"


def test_a_name_with_diacritics_is_sent_percent_encoded_and_read_as_it_was() -> None:
    pairs = metadata.carried({metadata.USER_ID: "Trần Văn B", metadata.PURPOSE: "treatment", metadata.ISSUE: ""})
    assert pairs == [(metadata.USER_ID, NAME), (metadata.PURPOSE, "treatment")]
    assert metadata.read(pairs) == {metadata.USER_ID: "Trần Văn B", metadata.PURPOSE: "treatment"}


def test_letters_that_are_written_in_two_ways_are_read_in_one() -> None:
    assert metadata.encoded("Tra\u0302\u0300n Va\u0306n B") == NAME
    apart = "UTF-8''Tra%CC%82%CC%80n%20Va%CC%86n%20B"
    assert metadata.read([(metadata.USER_ID, apart)]) == {metadata.USER_ID: "Trần Văn B"}


@given(
    text=st.text(st.characters(categories=("L", "N", "P", "S")), max_size=80),
    key=st.sampled_from(sorted(metadata.TEXTS)),
)
def test_every_text_that_can_be_printed_reads_back(text: str, key: str) -> None:
    whole = unicodedata.normalize("NFC", text)
    sent = metadata.carried({key: text})
    assert all(value.isascii() for _, value in sent)
    assert metadata.read(sent) == ({key: whole} if text else {})


@pytest.mark.parametrize("text", ["UTF-8''", "UTF-8''%41", "100%", "a%20b"])
def test_a_text_in_ascii_means_itself_whatever_signs_it_has(text: str) -> None:
    assert metadata.read(metadata.carried({metadata.PURPOSE: text})) == {metadata.PURPOSE: text}


@pytest.mark.parametrize(
    "value",
    [
        "UTF-8''", "UTF-8''%", "UTF-8''%4", "UTF-8''%ZZ", "UTF-8''a b", "UTF-8''a/b", "UTF-8''%FF", "UTF-8''%C3",
        "UTF-8''%ED%A0%80", "UTF-8''%0A", "UTF-8''%00", "UTF-8''%E2%80%AE", "UTF-8''" + "%C3%A9" * 257,
        "UTF-8''" + "%E1%BA%A7" * 113 + "%41" * 3,
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", sorted(metadata.TEXTS))
def test_a_text_that_is_encoded_wrongly_or_too_long_is_refused_by_its_key(key: str, value: str) -> None:
    refused = refusal([(key, value)])
    assert (refused.reason, refused.metadata) == (Reason.INVALID_METADATA, {"key": key})
    assert len(refused.message) < 200


@pytest.mark.parametrize("key", [metadata.MESSAGE_ID, metadata.SERVICE, metadata.PATH])
def test_what_is_no_text_of_people_is_never_decoded(key: str) -> None:
    assert metadata.read([(key, NAME)]) == {key: NAME}


def test_a_path_may_be_longer() -> None:
    value = "/clinic/" + "x" * (metadata.LONGEST_PATH - len("/clinic/"))
    pairs: list[metadata.Pair] = [(metadata.PATH, value)]
    assert metadata.read(pairs) == {metadata.PATH: value}
    assert metadata.onward(pairs) == pairs
    assert refusal([(metadata.PATH, value + "x")]).metadata == {"key": metadata.PATH}


@pytest.mark.parametrize("value", ["", "00-xyz", TRACE + "-more", TRACE.upper(), b"bytes"], ids=repr)
def test_a_malformed_traceparent_is_left_out(value: str | bytes) -> None:
    assert metadata.TRACEPARENT not in metadata.read([(metadata.TRACEPARENT, value)])
    assert metadata.traceparent([(metadata.TRACEPARENT, value)]) == ""


def test_a_good_traceparent_is_read() -> None:
    assert metadata.read([(metadata.TRACEPARENT, TRACE)])[metadata.TRACEPARENT] == TRACE
    assert metadata.traceparent([("other", "1"), (metadata.TRACEPARENT, TRACE)]) == TRACE


def test_of_two_traceparents_none_counts() -> None:
    assert metadata.traceparent([(metadata.TRACEPARENT, TRACE)] * 2) == ""


def test_other_peoples_keys_are_not_read() -> None:
    assert not metadata.read([("x-request-id", "1"), ("user-agent", "grpc"), ("blob-bin", b"\x00")])


@given(
    pairs=st.lists(st.tuples(keys.filter(lambda k: not k.startswith(("grpc-", "x-ndxp-"))), printable)),
    blob=st.binary(max_size=64),
)
def test_the_callers_own_metadata_goes_on_unchanged_and_in_order(pairs: list[tuple[str, str]], blob: bytes) -> None:
    own: list[metadata.Pair] = [p for p in pairs if p[0] not in {"authorization", "user-agent", "te", "content-type"}]
    own.append(("own-bin", blob))
    assert metadata.onward(own) == own


@given(pairs=st.lists(st.tuples(st.sampled_from(["authorization", "x-ndxp-client", "x-ndxp-service"]), printable)))
def test_credentials_and_what_the_gateway_says_itself_never_go_on(pairs: list[tuple[str, str]]) -> None:
    assert metadata.onward(pairs) == []


def test_what_the_caller_says_of_the_call_goes_on() -> None:
    pairs: list[metadata.Pair] = [(metadata.USER_ID, "officer-7"), (metadata.PURPOSE, "check"), ("traceparent", TRACE)]
    assert metadata.onward(pairs) == pairs


def test_a_provider_cannot_speak_for_the_exchange() -> None:
    own: list[metadata.Pair] = [("a", "1"), ("b-bin", b"\xff")]
    assert metadata.back([*own, (metadata.TRANSACTION_ID, "forged"), (metadata.ERROR_ORIGIN, "gateway")]) == own


def test_no_metadata_comes_back_as_none() -> None:
    assert metadata.back(None) == []


hashes = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
HASH = "0123456789abcdef" * 2


@given(named=st.lists(hashes, min_size=1, max_size=64), more=st.sampled_from(["", " +"]))
def test_the_subjects_of_an_answer_are_read_once_each_and_sorted(named: list[str], more: str) -> None:
    assert metadata.subjects([("a", "1"), (metadata.SUBJECT, " ".join(named) + more)]) == (
        " ".join(sorted(set(named))) + more
    )


@given(text=st.text(max_size=80))
def test_no_other_text_is_read_as_subjects(text: str) -> None:
    assert metadata.subjects([(metadata.SUBJECT, text)]) == ""


@pytest.mark.parametrize(
    "value",
    [
        "", "+", HASH[:-1], HASH + "0", HASH.upper(), f" {HASH}", f"{HASH} ", f"{HASH}  {HASH}", f"{HASH},{HASH}",
        f"+ {HASH}", f"{HASH}+", f"{HASH} + +", f"{HASH}\n", f"{HASH} Nguyen", " ".join([HASH] * 65), HASH.encode(),
    ],
    ids=repr,
)  # fmt: skip
def test_malformed_subjects_are_dropped(value: str | bytes) -> None:
    assert metadata.subjects([(metadata.SUBJECT, value)]) == ""


def test_subjects_said_twice_are_dropped() -> None:
    assert metadata.subjects([(metadata.SUBJECT, HASH), (metadata.SUBJECT, HASH)]) == ""


def test_no_metadata_names_nobody() -> None:
    assert metadata.subjects(None) == ""


@pytest.mark.parametrize("said", ["", "citizen", "citizen.father a_b.c1", "a +", "+", "x" * metadata.LONGEST_WITHHELD])
def test_withheld_fields_pass_in_their_form(said: str) -> None:
    assert metadata.withheld([("other", "x"), (metadata.WITHHELD, said)]) == said


@pytest.mark.parametrize(
    "said",
    [" ", "a ", " a", "a  b", "a,b", "a+", "+ a", "a + +", "Nguyễn", "1", "a\n", "a-b", b"a",
     "x" * (metadata.LONGEST_WITHHELD + 1)],
    ids=repr,
)  # fmt: skip
def test_withheld_fields_in_another_form_are_as_if_nothing_was_said(said: str | bytes) -> None:
    assert metadata.withheld([(metadata.WITHHELD, said)]) is None


def test_withheld_fields_said_twice_or_not_at_all_are_as_if_nothing_was_said() -> None:
    assert metadata.withheld([(metadata.WITHHELD, "a"), (metadata.WITHHELD, "a")]) is None
    assert metadata.withheld(None) is None


@pytest.mark.parametrize("key", ["x-else", "user-agent", metadata.TRACEPARENT, metadata.AUTHORIZATION])
@pytest.mark.parametrize("value", ["Nguyễn", "line\r\nx: y", "\x1b[2J", "\x00", "\xff"], ids=repr)
def test_no_value_of_any_key_goes_on_that_grpc_would_not_send(key: str, value: str) -> None:
    refused = refusal([(key, value)])
    assert refused.metadata == {"key": key}
    assert value not in refused.message


def test_binary_values_of_foreign_keys_pass() -> None:
    assert metadata.read([("x-else-bin", b"\xff\x00")]) == {}


@pytest.mark.parametrize("key", [metadata.PREVIOUS_ATTEMPTS, metadata.ATTEMPTS_BEFORE])
@pytest.mark.parametrize(
    ("value", "attempts"),
    [("1", "1"), ("999", "999"), ("0", None), ("1000", None), ("-1", None), ("second", None), ("", None), (b"1", None)],
)
def test_how_many_attempts_were_before_is_read_under_grpcs_name(
    key: str, value: str | bytes, attempts: str | None
) -> None:
    assert metadata.read([(key, value)]).get(metadata.PREVIOUS_ATTEMPTS) == attempts


def test_attempts_that_are_given_twice_are_refused() -> None:
    pairs: list[metadata.Pair] = [(metadata.PREVIOUS_ATTEMPTS, "1"), (metadata.ATTEMPTS_BEFORE, "2")]
    assert refusal(pairs).metadata == {"key": metadata.PREVIOUS_ATTEMPTS}
