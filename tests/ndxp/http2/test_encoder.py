"""Header blocks that this side writes, as the hpack package reads them."""

import hpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.http2 import Encoder, literal
from ndxp.http2.fields import Field, Fields

CONSTANT = ((":status", "200"), ("content-type", "application/grpc"))

names = st.sampled_from([":path", "te", "x-ndxp-purpose"]) | st.text("abc-", min_size=1, max_size=80)
values = st.text(st.characters(max_codepoint=255), max_size=60) | st.integers(1000, 3000).map("x".__mul__)
field_lists = st.lists(st.tuples(names, values), max_size=6)
constants = st.sampled_from(
    [(), CONSTANT, (*CONSTANT, ("server", "ndxp")), *(((f"name-{number}", "v" * 40 * number),) for number in range(90))]
)


def read(decoder: hpack.Decoder, block: bytes) -> Fields:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in decoder.decode(block, raw=True)]


@given(st.lists(st.tuples(constants, field_lists, st.none() | st.integers(0, 8192)), max_size=40))
def test_blocks_are_read_as_they_were_written(blocks: list[tuple[tuple[Field, ...], Fields, int | None]]) -> None:
    encoder, decoder = Encoder(), hpack.Decoder(max_header_list_size=1 << 24)
    for constant, rest, table_bytes in blocks:
        if table_bytes is not None:
            encoder.allow(table_bytes)
            decoder.max_allowed_table_size = table_bytes
        block = encoder.encode(constant, "".join(literal(*field) for field in rest))
        assert read(decoder, block) == [*constant, *rest]


def test_the_table_fills_once_and_its_indexes_have_one_byte() -> None:
    encoder, decoder = Encoder(), hpack.Decoder()
    constants = [((f"n-{number}", "v"),) for number in range(200)]
    for constant in constants:
        assert read(decoder, encoder.encode(constant, "")) == list(constant)
    again = [encoder.encode(constant, "") for constant in constants]
    assert [len(block) for block in again] == [1] * 65 + [len(literal(*field)) for (field,) in constants[65:]]
    assert [read(decoder, block) for block in again] == [list(constant) for constant in constants]


def test_literals_are_kept_by_no_table_on_their_way() -> None:
    (field,) = hpack.Decoder().decode(Encoder().encode((), literal("authorization", "secret")))
    assert isinstance(field, hpack.NeverIndexedHeaderTuple)


def test_a_peer_without_a_table_gets_literals() -> None:
    encoder, decoder = Encoder(), hpack.Decoder()
    encoder.encode(CONSTANT, "")
    encoder.allow(0)
    decoder.max_allowed_table_size = 0
    for _ in range(2):
        assert read(decoder, encoder.encode((*CONSTANT, ("server", "ndxp")), "")) == [*CONSTANT, ("server", "ndxp")]


def test_two_changes_of_the_table_are_told_as_the_smallest_and_the_last() -> None:
    encoder, decoder = Encoder(), hpack.Decoder()
    for size in (0, 1000, 4096):
        encoder.allow(size)
        decoder.max_allowed_table_size = size
    assert encoder.encode((), "") == b"\x20\x3f\xe1\x1f"
    assert read(decoder, encoder.encode(CONSTANT, "")) == list(CONSTANT)


@pytest.mark.parametrize("broken", ["constant", "rest"])
def test_text_that_is_no_latin_1_leaves_the_table_in_step(broken: str) -> None:
    encoder, decoder = Encoder(), hpack.Decoder()
    constant = (("server", "Hà Nội"),) if broken == "constant" else (("server", "ndxp"),)
    with pytest.raises(UnicodeEncodeError):
        encoder.encode((("via", "ndxp"), *constant), literal("city", "Hà Nội") if broken == "rest" else "")
    for _ in range(2):
        assert read(decoder, encoder.encode(CONSTANT, "")) == list(CONSTANT)
