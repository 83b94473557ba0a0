"""Damaged traffic, made of the files of ``corpus/``: what a server hears, what a client hears, and header blocks."""

from pathlib import Path
from random import Random

import pytest
from hyperframe.frame import GoAwayFrame

from ndxp.http2 import Limits
from ndxp.http2.decoder import Decoder
from ndxp.http2.errors import ConnectionFailure, FieldsTooLarge
from tests.support.http2 import Client, End, Server, frame, number, parse, setting

CORPUS = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parent / "corpus").glob("*.bin"))}
ENDS = [name for name in CORPUS if not name.startswith("block-")]
BLOCKS = [name for name in CORPUS if name.startswith("block-")]
MUTANTS = 120
LIMITS = Limits(field_bytes=2000, block_bytes=4000, nuisances_at_once=50, unsent_bytes=10_000, stream_window=5000)
MOST_HELD = 9 + 16_384 + LIMITS.block_bytes
SPLICES = (
    b"", b"\0", b"\xff", bytes(9), b"\xff" * 9, frame("PING", 0, bytes(8)), frame("SETTINGS"), frame("DATA", 1, b"x"),
    frame("RST_STREAM", 1, number(0)), frame("WINDOW_UPDATE", 0, number(2**31 - 1)), frame("CONTINUATION", 1, b"", 4),
    frame("SETTINGS", 0, setting(4, 2**31 - 1)), frame("HEADERS", 3, b"\x82\x86\x84", 5), frame("HEADERS", 5, b"\x82"),
    frame("GOAWAY", 0, bytes(8)), frame("PUSH_PROMISE", 1, bytes(5), 4), frame("PRIORITY", 9, bytes(4)),
)  # fmt: skip


def mutant(random: Random, data: bytes) -> bytes:
    """The same bytes with a few changes: bytes changed, removed, repeated, or put in."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        start = random.randrange(len(changed) + 1)
        end = min(len(changed), start + random.choice((1, 1, 4, 9, 30)))
        match random.randrange(5):
            case 0:
                changed[start:end] = random.randbytes(end - start)
            case 1 if start < len(changed):
                changed[start] ^= 1 << random.randrange(8)
            case 2:
                del changed[start:end]
            case 3:
                changed[end:end] = changed[start:end] * random.choice((1, 1, 50))
            case _:
                changed[start:start] = random.choice(SPLICES)
    return bytes(changed)


def end_for(name: str) -> End:
    """An end that can hear this file; a client has two calls open."""
    if name.startswith("server-"):
        return Server(LIMITS, greeted=False)
    client = Client(LIMITS, greeted=False)
    client.open(end=True)
    client.open()
    return client


def held(end: End) -> int:
    """Bytes of the peer's that are held until the rest of them arrives."""
    reader = end.connection._reader
    parts = () if reader._block is None else reader._block[2]
    return len(reader._rest) + sum(map(len, parts))


@pytest.mark.parametrize("name", ENDS)
def test_the_corpus_is_legal_traffic(name: str) -> None:
    end = end_for(name)
    end.connection.receive(CORPUS[name])
    assert not end.connection.closed
    assert held(end) == 0


@pytest.mark.parametrize("name", ENDS)
def test_damaged_traffic_ends_in_order_or_is_heard(name: str) -> None:
    for seed in range(MUTANTS):
        random, end = Random(f"{name} {seed}"), end_for(name)
        connection, data, said = end.connection, mutant(random, CORPUS[name]), b""
        connection.take()
        most = 10 * len(data) + 100
        while data:
            size = random.choice((1, 9, 100, len(data)))
            connection.receive(data[:size])
            data = data[size:]
            said += connection.take()
            assert held(end) <= (0 if connection.closed else MOST_HELD)
        assert len(said) <= most
        last = parse(said)[-1:]
        if connection.closed and connection.failure != "no HTTP/2":
            assert isinstance(last[0], GoAwayFrame)
        else:
            assert not any(isinstance(found, GoAwayFrame) for found in last)
        connection.lost()
        connection.tell_of_loss()
        assert not connection.streams
        assert not connection.blocked


@pytest.mark.parametrize("name", BLOCKS)
def test_the_corpus_is_legal_header_blocks(name: str) -> None:
    assert Decoder(LIMITS.field_bytes).decode(CORPUS[name])


@pytest.mark.parametrize("name", BLOCKS)
def test_damaged_header_blocks_raise_nothing_but_their_two_errors(name: str) -> None:
    for seed in range(MUTANTS):
        random, decoder = Random(f"{name} {seed}"), Decoder(LIMITS.field_bytes)
        for _ in range(3):
            try:
                decoder.decode(mutant(random, CORPUS[name]))
            except FieldsTooLarge:
                continue
            except ConnectionFailure:
                break
