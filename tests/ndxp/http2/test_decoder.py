"""Header blocks against RFC 7541's examples, and against the hpack package."""

from collections.abc import Callable

import hpack
import pytest
from hpack.exceptions import HPACKError
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hypothesis import given
from hypothesis import strategies as st

from ndxp.http2.decoder import Decoder
from ndxp.http2.errors import ConnectionFailure, ErrorCode, FieldsTooLarge
from ndxp.http2.fields import Fields
from ndxp.http2.limits import FAR_TOO_LARGE

ROOMY = 1 << 24
HUFFMAN = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)

GET = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")]
GET_HTTPS = [(":method", "GET"), (":scheme", "https"), (":path", "/index.html"), (":authority", "www.example.com")]
FOUND = [
    ("location", "https://www.example.com"),
    ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
    ("cache-control", "private"),
]
LATER = ("date", "Mon, 21 Oct 2013 20:13:22 GMT")
COOKIE = ("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1")
NO_CACHE, CUSTOM = ("cache-control", "no-cache"), ("custom-key", "custom-value")

SINGLE = {
    "C.2.1": ("400a637573746f6d2d6b65790d637573746f6d2d686561646572", ("custom-key", "custom-header"), True),
    "C.2.2": ("040c2f73616d706c652f70617468", (":path", "/sample/path"), False),
    "C.2.3": ("100870617373776f726406736563726574", ("password", "secret"), False),
    "C.2.4": ("82", (":method", "GET"), False),
}
"""One field: its bytes, and whether it enters the table."""

REQUESTS_READ = [GET, [*GET, NO_CACHE], [*GET_HTTPS, CUSTOM]]
REQUESTS_KEPT = [GET[3:], [NO_CACHE, GET[3]], [CUSTOM, NO_CACHE, GET[3]]]
RESPONSES_READ = [
    [(":status", "302"), FOUND[2], FOUND[1], FOUND[0]],
    [(":status", "307"), FOUND[2], FOUND[1], FOUND[0]],
    [(":status", "200"), FOUND[2], LATER, FOUND[0], ("content-encoding", "gzip"), COOKIE],
]
RESPONSES_KEPT = [
    [*FOUND, (":status", "302")],
    [(":status", "307"), *FOUND],
    [COOKIE, ("content-encoding", "gzip"), LATER],
]
SEQUENCES = {
    "C.3": (
        4096,
        [
            "828684410f7777772e6578616d706c652e636f6d",
            "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ],
        REQUESTS_READ,
        REQUESTS_KEPT,
    ),
    "C.4": (
        4096,
        [
            "828684418cf1e3c2e5f23a6ba0ab90f4ff",
            "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ],
        REQUESTS_READ,
        REQUESTS_KEPT,
    ),
    "C.5": (
        256,
        [
            (
                "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54"
                "6e1768747470733a2f2f7777772e6578616d706c652e636f6d"
            ),
            "4803333037c1c0bf",
            (
                "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b"
                "425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31"
            ),
        ],
        RESPONSES_READ,
        RESPONSES_KEPT,
    ),
    "C.6": (
        256,
        [
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
            "4883640effc1c0bf",
            (
                "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af2708"
                "7f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"
            ),
        ],
        RESPONSES_READ,
        RESPONSES_KEPT,
    ),
}
"""Blocks one after another: the table's size, the bytes, the fields, and the table after each, the newest first."""


def kept(decoder: Decoder, entries: int) -> Fields:
    """The newest entries of a decoder's table; there are no more."""
    with pytest.raises(ConnectionFailure):
        decoder.decode(bytes((0x80 | 62 + entries,)))
    return decoder.decode(bytes(0x80 | 62 + entry for entry in range(entries)))


@pytest.mark.parametrize("example", SINGLE)
def test_single_fields_are_read_as_in_the_rfc(example: str) -> None:
    data, field, enters = SINGLE[example]
    decoder = Decoder(ROOMY)
    assert decoder.decode(bytes.fromhex(data)) == [field]
    assert kept(decoder, int(enters)) == [field] * enters


@pytest.mark.parametrize("example", SEQUENCES)
def test_sequences_are_read_as_in_the_rfc(example: str) -> None:
    size, blocks, fields, tables = SEQUENCES[example]
    decoder = Decoder(ROOMY)
    assert decoder.decode(resize(size)) == []
    for data, expected, table in zip(blocks, fields, tables, strict=True):
        assert decoder.decode(bytes.fromhex(data)) == expected
        assert kept(decoder, len(table)) == table


# Against hpack: blocks of every representation, legal and not.


def integer(number: int, bits: int, pattern: int) -> bytes:
    most = (1 << bits) - 1
    if number < most:
        return bytes((pattern | number,))
    data, number = [pattern | most], number - most
    while number >= 0x80:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*data, number))


def resize(size: int) -> bytes:
    return integer(size, 5, 0x20)


def string(text: bytes, huffman: bool) -> bytes:
    coded = HUFFMAN.encode(text) if huffman else text
    return integer(len(coded), 7, 0x80 * huffman) + coded


def literal(kind: tuple[int, int], name: int | tuple[bytes, bool], value: tuple[bytes, bool]) -> bytes:
    bits, pattern = kind
    if isinstance(name, int):
        return integer(name, bits, pattern) + string(*value)
    return integer(0, bits, pattern) + string(*name) + string(*value)


INCREMENTAL, PLAIN, NEVER = (6, 0x40), (4, 0x00), (4, 0x10)
indexes = st.integers(0, 75) | st.integers(0, 400)
strings = st.tuples(st.binary(max_size=40) | st.binary(min_size=120, max_size=300), st.booleans())
representations = st.one_of(
    st.builds(integer, indexes, st.just(7), st.just(0x80)),
    st.builds(literal, st.sampled_from([INCREMENTAL, PLAIN, NEVER]), st.integers(1, 75) | strings, strings),
    st.builds(literal, st.just(INCREMENTAL), strings, strings),
)
sizes = st.integers(0, 300) | st.integers(0, 4096)
blocks = st.builds(
    lambda updates, fields: b"".join([resize(size) for size in updates] + fields),
    st.lists(sizes, max_size=2),
    st.lists(representations, max_size=12),
)


def verdict(decode: Callable[[bytes], Fields], block: bytes) -> Fields | None:
    """What a decoder makes of a block; None for a refusal."""
    try:
        return decode(block)
    except (ConnectionFailure, HPACKError):
        return None


def reference() -> Callable[[bytes], Fields]:
    """A decoder of hpack's that gives fields as ours does."""
    decoder = hpack.Decoder(max_header_list_size=ROOMY)

    def decode(block: bytes) -> Fields:
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in decoder.decode(block, raw=True)]

    return decode


@given(st.lists(blocks, min_size=1, max_size=6))
def test_blocks_of_every_representation_are_read_as_hpack_reads_them(sequence: list[bytes]) -> None:
    ours, theirs = Decoder(ROOMY).decode, reference()
    for block in sequence:
        fields = verdict(ours, block)
        assert fields == verdict(theirs, block)
        if fields is None:
            break  # such a connection has ended


@given(blocks, st.data())
def test_what_hpack_refuses_in_damaged_blocks_is_refused(block: bytes, data: st.DataObject) -> None:
    damaged = bytearray(block or b"\x82")
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    fields = verdict(Decoder(ROOMY).decode, bytes(damaged))
    assert fields is None or fields == verdict(reference(), bytes(damaged))


@given(st.binary(max_size=200))
def test_what_hpack_refuses_in_any_bytes_is_refused(block: bytes) -> None:
    fields = verdict(Decoder(ROOMY).decode, block)
    assert fields is None or fields == verdict(reference(), block)


@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.sampled_from([b"a", b"name", b"x" * 70]), st.binary(max_size=50), st.booleans())),
            st.booleans(),
            st.none() | sizes,
        ),
        max_size=8,
    )
)
def test_what_hpack_writes_is_read(lists: list[tuple[list[tuple[bytes, bytes, bool]], bool, int | None]]) -> None:
    encoder, decoder = hpack.Encoder(), Decoder(ROOMY)
    for fields, huffman, size in lists:
        if size is not None:
            encoder.header_table_size = size
        written = [
            hpack.NeverIndexedHeaderTuple(name, value) if sensitive else hpack.HeaderTuple(name, value)
            for name, value, sensitive in fields
        ]
        block = encoder.encode(written, huffman=huffman)
        assert decoder.decode(block) == [(name.decode(), value.decode("latin-1")) for name, value, _ in fields]


# Broken and large blocks.

WHOLE = [
    bytes.fromhex(data)
    for _, sequence, _, _ in SEQUENCES.values()
    for data in sequence[:1]
] + [bytes.fromhex(data) for data, _, _ in SINGLE.values()]  # fmt: skip


@pytest.mark.parametrize("block", WHOLE)
def test_a_block_that_ends_early_is_shorter_or_an_error(block: bytes) -> None:
    whole = Decoder(ROOMY).decode(block)
    for end in range(len(block)):
        fields = verdict(Decoder(ROOMY).decode, block[:end])
        assert fields is None or fields == whole[: len(fields)]


def outcome(decoder: Decoder, block: bytes) -> Fields | ErrorCode | int:
    """The fields, the code of a failure, or how many fields were too many."""
    try:
        return decoder.decode(block)
    except ConnectionFailure as failure:
        return failure.code
    except FieldsTooLarge as large:
        return large.fields


@given(blocks | st.binary(max_size=100), st.integers(0, 300))
def test_a_block_raises_nothing_but_its_two_errors(block: bytes, field_bytes: int) -> None:
    for end in range(len(block) + 1):
        found = outcome(Decoder(field_bytes), block[:end])
        if isinstance(found, ErrorCode):
            assert found in (ErrorCode.COMPRESSION_ERROR, ErrorCode.ENHANCE_YOUR_CALM)
        elif isinstance(found, list):
            assert sum(len(name) + len(value) + 32 for name, value in found) <= field_bytes


BROKEN = {
    "index 0": b"\x80",
    "an index behind the table": b"\xbe",
    "a name behind the table": b"\x7e\x00",
    "an index without end": b"\xff\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    "a length without end": b"\x00\x7f\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    "a string that is longer than the block": b"\x00\x01a\x05abc",
    "a table larger than 4,096": resize(4097),
    "a size behind a field": b"\x82" + resize(100),
    "three sizes": resize(0) + resize(100) + resize(200),
    "Huffman code with a byte of padding": b"\x00\x01a\x82\x1f\xff",
    "Huffman code padded with zeros": b"\x00\x01a\x81\x18",
    "Huffman code with the end of string": b"\x00\x01a\x84\xff\xff\xff\xff",
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_block_ends_the_connection(what: str) -> None:
    assert outcome(Decoder(ROOMY), BROKEN[what]) is ErrorCode.COMPRESSION_ERROR


def test_a_list_that_is_too_large_leaves_the_table_in_step() -> None:
    decoder = Decoder(100)
    large = literal(INCREMENTAL, (b"a", False), (b"b" * 100, False)) + literal(INCREMENTAL, 4, (b"c", False))
    assert outcome(decoder, large) == 2
    assert decoder.decode(b"\xbe") == [(":path", "c")]
    assert outcome(decoder, b"\xbf") == 1


def test_indexes_of_one_byte_make_no_megabytes_of_a_block() -> None:
    most = 1000 * FAR_TOO_LARGE // 42  # a field of 42 bytes, as lists are counted
    assert outcome(Decoder(1000), b"\x82" * most) == most
    assert outcome(Decoder(1000), b"\x82" * (most + 1)) is ErrorCode.ENHANCE_YOUR_CALM
