import pytest
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hypothesis import given
from hypothesis import strategies as st

from ndxp.http2 import huffman

REFERENCE = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


@pytest.mark.parametrize("symbol", range(256))
def test_every_symbol_is_read(symbol: int) -> None:
    assert huffman.decode(REFERENCE.encode(bytes((symbol,)))) == chr(symbol)


@given(st.binary(max_size=3000))
def test_any_string_is_read_back(text: bytes) -> None:
    assert huffman.decode(REFERENCE.encode(text)) == text.decode("latin-1")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xff", "eight bits of padding"),
        (b"\x1f\xff", "eleven bits of padding behind an a"),
        (b"\x1e", "padding that is not all ones"),
        (b"\xff\xff\xff\xff", "the end of string"),
        (b"\x1f\xff\xff\xff\xff", "the end of string behind an a"),
        (b"\xff\xff\xff", "the beginning of a symbol of 28 bits"),
    ],
)
def test_what_is_no_string_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(huffman.HuffmanError):
        huffman.decode(data)
