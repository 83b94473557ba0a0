"""Random legal traffic between our ends and those of python-hyper's h2: both hear what the other has said."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from random import Random

import h2.config
import h2.connection
import h2.events
import pytest
from h2.settings import SettingCodes

from ndxp.http2 import ClientConnection, Fields, Limits, ServerConnection, Stream, literal
from ndxp.http2.errors import ErrorCode
from ndxp.http2.fields import Request
from ndxp.http2.limits import LARGEST_STREAM_ID
from tests.support.http2 import (
    END_HEADERS,
    END_STREAM,
    PADDED,
    PREFACE,
    PRIORITISED,
    TYPES,
    Event,
    Heard,
    frame,
    number,
)

LIMITS = Limits(nuisances_at_once=1 << 30, pings_at_once=1 << 30, connection_window=100_000)
CODES = (ErrorCode.CANCEL, ErrorCode.REFUSED_STREAM, ErrorCode.INTERNAL_ERROR, 0xFF)
SIZES = (*(0, 1, 10, 100, 1000, 5000, 16_384, 16_385, 20_000) * 2, 70_000, 300_000)
VISIBLE = bytes(max(0x21, byte) for byte in range(256))
SEQUENCES, PARTS, STEPS = 2400, 24, 40


class Side(ABC):
    """One end. ``said`` and ``heard``: what it has sent and received of each stream, as ``Heard`` notes it.

    ``reset`` holds the streams that it has reset, and the codes. A stream is ``over`` when it may say no more of it.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.said: dict[int, list[Event]] = {}
        self.heard: dict[int, list[Event]] = {}
        self.reset: dict[int, int] = {}
        self.pings = 0

    def note(self, stream: int, *event: object) -> None:
        """Notes what is said; data that follows data is one event."""
        before = self.said.setdefault(stream, [])
        if event[0] == "data" and before and before[-1][0] == "data":
            data, more = before.pop()[1], event[1]
            assert isinstance(data, bytes)
            assert isinstance(more, bytes)
            event = ("data", data + more, event[2])
        before.append(event)

    def over(self, stream: int) -> bool:
        said, heard = self.said.get(stream, []), self.heard.get(stream, [])
        return stream in self.reset or bool(said and said[-1][-1] is True) or bool(heard and heard[-1][0] == "reset")

    @property
    def known(self) -> list[int]:
        """The streams of which this side may say something."""
        return [stream for stream in self.said.keys() | self.heard.keys() if not self.over(stream)]

    def say(self, stream: int) -> None:
        """Says the next thing of a stream: a header block, data, or an end."""
        what = self.random.random()
        if not self.said.get(stream):
            self.answer(stream, end=what < 0.2)
        elif what < 0.7:
            size = self.random.choice(SIZES)
            data = self.random.randbytes(size)
            end = what < 0.2
            if size or end:
                self.note(stream, "data", data, end)
                self.data(stream, data, end=end)
        elif what < 0.9:
            fields = [("grpc-status", "0"), *self.fields()]
            self.note(stream, "headers", "", fields, True)
            self.trailers(stream, fields)
        else:
            self.reset[stream] = code = self.random.choice(CODES)
            self.end(stream, code)

    def finish(self, stream: int) -> None:
        """Ends a stream that is still open on this side."""
        if self.said.get(stream):
            self.note(stream, "data", b"", True)
            self.data(stream, b"", end=True)
        else:
            self.answer(stream, end=True)

    def fields(self) -> Fields:
        """Fields, now and then enough for several frames."""
        random = self.random
        long = 3000 if random.random() < 0.05 else 30
        return [
            (f"x-{random.randrange(6)}", random.randbytes(random.randrange(long)).translate(VISIBLE).decode("latin-1"))
            for _ in range(random.randrange(4))
        ]

    def answer(self, stream: int, *, end: bool) -> None:
        fields = self.fields()
        self.note(stream, "headers", "200", fields, end)
        self.headers(stream, [(":status", "200")], fields, end=end)

    @abstractmethod
    def open(self) -> None:
        """Opens a stream, if there is room."""

    @abstractmethod
    def headers(self, stream: int, pseudo: Fields, fields: Fields, *, end: bool) -> None: ...

    @abstractmethod
    def data(self, stream: int, data: bytes, *, end: bool) -> None: ...

    @abstractmethod
    def trailers(self, stream: int, fields: Fields) -> None: ...

    @abstractmethod
    def end(self, stream: int, code: int) -> None:
        """Resets a stream."""

    @abstractmethod
    def consume(self, *, all_of_it: bool) -> None:
        """Gives windows back for data that was heard."""

    @abstractmethod
    def fuss(self) -> None:
        """Something that is of no stream: a ping, settings, a pause of the transport."""

    @abstractmethod
    def settle(self) -> None:
        """Lets everything through that waits."""

    @abstractmethod
    def receive(self, data: bytes) -> None: ...

    @abstractmethod
    def take(self) -> bytes: ...

    @abstractmethod
    def check(self) -> None:
        """Everything has come to an end."""


class Ours(Side):
    """An end of ours."""

    def __init__(self, random: Random, *, client: bool) -> None:
        super().__init__(random)
        self.users: dict[int, Heard] = {}
        self.consumed: dict[int, int] = {}
        self.connection = (
            ClientConnection(LIMITS, lambda: None) if client else ServerConnection(LIMITS, lambda: None, self._accept)
        )
        self.connection.greet()

    def _accept(self, stream: Stream, request: Request | None, ended: bool) -> Heard:
        assert request is not None
        user = self._user(stream)
        user.events.append(("headers", request.path, request.fields, ended))
        return user

    def _user(self, stream: Stream | None) -> Heard:
        user = Heard(consume=False)
        if stream is not None:
            user.stream, self.users[stream.id], self.heard[stream.id] = stream, user, user.events
        return user

    def _stream(self, stream: int) -> Stream:
        found = self.users[stream].stream
        assert found is not None
        return found

    def over(self, stream: int) -> bool:
        return super().over(stream) or not self._stream(stream).open

    def open(self) -> None:
        assert isinstance(self.connection, ClientConnection)
        if self.connection.room:
            fields, end, user = self.fields(), self.random.random() < 0.3, self._user(None)
            constant = ((":method", "POST"), (":scheme", "http"), (":authority", "a"))
            path = f"/{self.random.randrange(3)}"
            rest = "".join(literal(*field) for field in [(":path", path), *fields])
            user.stream = self.connection.open(user, constant, rest, end=end)
            self.users[user.stream.id], self.heard[user.stream.id] = user, user.events
            self.note(user.stream.id, "headers", path, fields, end)

    def headers(self, stream: int, pseudo: Fields, fields: Fields, *, end: bool) -> None:
        self._stream(stream).send_headers(tuple(pseudo), "".join(literal(*field) for field in fields), end=end)

    def data(self, stream: int, data: bytes, *, end: bool) -> None:
        self._stream(stream).send_data(data, end=end)

    def trailers(self, stream: int, fields: Fields) -> None:
        self._stream(stream).send_trailers(tuple(fields[:1]), "".join(literal(*field) for field in fields[1:]))

    def end(self, stream: int, code: int) -> None:
        self._stream(stream).reset(code)  # type: ignore[arg-type]

    def consume(self, *, all_of_it: bool) -> None:
        for stream, user in self.users.items():
            before = self.consumed.get(stream, 0)
            owed = user.received - before
            size = owed if all_of_it else self.random.randint(0, owed)
            if size:
                self.consumed[stream] = before + size
                self._stream(stream).consumed(size)

    def fuss(self) -> None:
        what = self.random.randrange(3)
        if what == 0:
            self.connection.ping()
            self.pings += 1
        elif what == 1:
            self.connection.hold()
        else:
            self.connection.release()

    def settle(self) -> None:
        self.connection.release()

    def receive(self, data: bytes) -> None:
        self.connection.receive(data)

    def take(self) -> bytes:
        return self.connection.take()

    def check(self) -> None:
        assert not self.connection.closed, self.connection.failure
        assert not self.connection.streams
        assert not self.connection.blocked
        assert self.connection.answered_pings == self.pings
        assert all(user.stream is None or not user.stream.queued for user in self.users.values())


class Theirs(Side):
    """An end of h2's, whose frames are padded, prioritised and split by hand."""

    def __init__(self, random: Random, *, client: bool) -> None:
        super().__init__(random)
        config = h2.config.H2Configuration(client_side=client, header_encoding=None, normalize_outbound_headers=False)
        self.connection = h2.connection.H2Connection(config)
        self.connection.initiate_connection()
        self.waiting: dict[int, tuple[bytes, bool, Fields | None]] = {}
        self.unconsumed: dict[int, int] = {}
        self.pongs = 0
        self.acknowledged = False  # h2 takes one acknowledgement for those of all its settings
        self.arrived = bytearray()
        self.stray = b""  # frames that h2 does not make

    def open(self) -> None:
        connection = self.connection
        if connection.open_outbound_streams < connection.remote_settings.max_concurrent_streams:
            fields, end = self.fields(), self.random.random() < 0.3
            stream, path = connection.get_next_available_stream_id(), f"/{self.random.randrange(3)}"
            pseudo = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "a")]
            self.headers(stream, pseudo, fields, end=end)
            self.note(stream, "headers", path, fields, end)

    def headers(self, stream: int, pseudo: Fields, fields: Fields, *, end: bool) -> None:
        if pseudo[0][0] == ":status" and self.random.random() < 0.2:
            self.connection.send_headers(stream, [(b":status", b"103")])
        self.connection.send_headers(stream, encoded(pseudo + fields), end_stream=end)

    def data(self, stream: int, data: bytes, *, end: bool) -> None:
        before = self.waiting.get(stream, (b"", False, None))[0]
        self.waiting[stream] = (before + data, end, None)
        self._go_on()

    def trailers(self, stream: int, fields: Fields) -> None:
        self.waiting[stream] = (self.waiting.get(stream, (b"", False, None))[0], False, fields)
        self._go_on()

    def end(self, stream: int, code: int) -> None:
        self.waiting.pop(stream, None)
        self.connection.reset_stream(stream, code)

    def _go_on(self) -> None:
        """Sends what waits, as far as the windows let it."""
        for stream, (data, end, trailers) in list(self.waiting.items()):
            while data:
                padding = self.random.choice((None, None, 0, 7, 255))
                extra = 0 if padding is None else padding + 1
                room = (
                    min(self.connection.local_flow_control_window(stream), self.connection.max_outbound_frame_size)
                    - extra
                )
                if room <= 0:
                    break
                part, data = data[:room], data[room:]
                self.connection.send_data(stream, part, end_stream=end and not data, pad_length=padding)
                if end and not data:
                    end = False
            if data:
                self.waiting[stream] = (data, end, trailers)
                continue
            del self.waiting[stream]
            if trailers:
                self.connection.send_headers(stream, encoded(trailers), end_stream=True)
            elif end:
                self.connection.end_stream(stream)

    def consume(self, *, all_of_it: bool) -> None:
        for stream, owed in list(self.unconsumed.items()):
            size = owed if all_of_it else self.random.randint(0, owed)
            self.connection.acknowledge_received_data(size, stream)
            self.unconsumed[stream] -= size
            if not self.unconsumed[stream]:
                del self.unconsumed[stream]

    def fuss(self) -> None:
        what, random = self.random.randrange(4), self.random
        if what == 0:
            self.connection.ping(random.randbytes(8))
            self.pings += 1
        elif what == 1 and self.acknowledged:
            choices = {
                SettingCodes.INITIAL_WINDOW_SIZE: random.choice((0, 1, 20_000, 65_535, 200_000)),
                SettingCodes.MAX_FRAME_SIZE: random.choice((16_384, 20_000, 1 << 20)),
                SettingCodes.HEADER_TABLE_SIZE: random.choice((0, 100, 4096, 10_000)),
                SettingCodes.MAX_CONCURRENT_STREAMS: random.choice((1, 5, 1000)),
            }
            self._settings(dict(random.sample(list(choices.items()), random.randint(1, 4))))
        elif what == 2:
            self.connection.increment_flow_control_window(random.randint(1, 100_000))
        else:
            self.stray += random.choice((frame("UNKNOWN", 5, b"?"), frame("PRIORITY", 1, number(0) + b"\1")))

    def settle(self) -> None:
        self._settings({SettingCodes.INITIAL_WINDOW_SIZE: 1 << 20})

    def _settings(self, values: dict[SettingCodes | int, int]) -> None:
        self.acknowledged = False
        self.connection.update_settings(values)

    def receive(self, data: bytes) -> None:
        self.arrived += data
        while (end := self._frame_end()) <= len(self.arrived):
            for event in self.connection.receive_data(bytes(self.arrived[:end])):
                self._on(event)
            del self.arrived[:end]
        self._go_on()

    def _frame_end(self) -> int:
        """Where the first frame ends. h2 gets single frames: it looks at new settings between readings only."""
        if self.arrived.startswith(PREFACE[:9]):
            return len(PREFACE)
        return 9 + int.from_bytes(self.arrived[:3]) if len(self.arrived) >= 9 else 9

    def _on(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RequestReceived(stream_id=stream, headers=headers):
                fields = decoded(headers)
                self._hear(
                    stream, "headers", dict(fields)[":path"], [f for f in fields if f[0][0] != ":"], ended(event)
                )
            case h2.events.ResponseReceived(stream_id=stream, headers=headers):
                fields = decoded(headers)
                self._hear(stream, "headers", fields[0][1], fields[1:], ended(event))
            case h2.events.TrailersReceived(stream_id=stream, headers=headers):
                self._hear(stream, "headers", "", decoded(headers), True)
            case h2.events.DataReceived(stream_id=stream, data=data):
                self.unconsumed[stream] = self.unconsumed.get(stream, 0) + event.flow_controlled_length
                before = self.heard[stream]
                if before[-1][0] == "data":
                    data_before = before.pop()[1]
                    assert isinstance(data_before, bytes)
                    data = data_before + data
                self._hear(stream, "data", data, ended(event))
            case h2.events.StreamReset(stream_id=stream, error_code=code, remote_reset=True):
                self.waiting.pop(stream, None)
                self._hear(stream, "reset", int(code))
            case h2.events.SettingsAcknowledged():
                self.acknowledged = True
            case h2.events.PingAckReceived():
                self.pongs += 1
            case h2.events.StreamReset() | h2.events.ConnectionTerminated():
                raise AssertionError(event)

    def _hear(self, stream: int, *event: object) -> None:
        self.heard.setdefault(stream, []).append(event)

    def take(self) -> bytes:
        data, self.stray = rewritten(self.random, self.connection.data_to_send()) + self.stray, b""
        return data

    def check(self) -> None:
        assert not self.waiting
        assert self.connection.open_inbound_streams == self.connection.open_outbound_streams == 0
        assert self.pongs == self.pings


def encoded(fields: Fields) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def decoded(headers: list[tuple[bytes, bytes]]) -> Fields:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def ended(event: h2.events.RequestReceived | h2.events.ResponseReceived | h2.events.DataReceived) -> bool:
    return event.stream_ended is not None


def rewritten(random: Random, data: bytes) -> bytes:
    """The same frames, some HEADERS with padding and a priority, and in parts."""
    out = PREFACE if data.startswith(PREFACE) else b""
    at = len(out)
    while at < len(data):
        end = at + 9 + int.from_bytes(data[at : at + 3])
        kind, flags, stream, block = (
            data[at + 3],
            data[at + 4],
            int.from_bytes(data[at + 5 : at + 9]),
            data[at + 9 : end],
        )
        out += (
            data[at:end] if TYPES[kind] != "HEADERS" or random.random() < 0.5 else split(random, flags, stream, block)
        )
        at = end
    return out


def split(random: Random, flags: int, stream: int, block: bytes) -> bytes:
    cuts = sorted(random.choices(range(len(block) + 1), k=random.randrange(4)))
    parts = [block[start:end] for start, end in zip([0, *cuts], [*cuts, len(block)], strict=True)]
    own, first = flags & END_STREAM, parts[0][:16_000]
    if random.random() < 0.5:
        own, first = own | PRIORITISED, number(stream - 1) + b"\xff" + first
    if random.random() < 0.5:
        padding = random.randrange(256)
        own, first = own | PADDED, bytes((padding,)) + first + bytes(padding)
    parts[:1] = [first, parts[0][16_000:]]
    kinds = ["HEADERS", *["CONTINUATION"] * (len(parts) - 1)]
    ends = [*[0] * (len(parts) - 1), flags & END_HEADERS]
    return b"".join(
        frame(kind, stream, part, last | (own if kind == "HEADERS" else 0))
        for kind, part, last in zip(kinds, parts, ends, strict=True)
    )


def is_beginning(heard: list[Event], said: list[Event]) -> bool:
    """Whether one is the other up to some place, perhaps in the middle of data."""
    if not heard or heard == said[: len(heard)]:
        return True
    last, place = heard[-1], len(heard) - 1
    if heard[:-1] != said[:place] or place >= len(said) or last[0] != "data" or said[place][0] != "data":
        return False
    whole, part = said[place][1], last[1]
    assert isinstance(whole, bytes)
    assert isinstance(part, bytes)
    return whole.startswith(part) and last[2] is False


class Wire:
    """Carries bytes between two sides, in pieces of any size."""

    def __init__(self, random: Random, client: Side, server: Side) -> None:
        self.random = random
        self.ways = [(client, server, bytearray()), (server, client, bytearray())]

    def carry(self) -> None:
        """Something of what is on its way arrives."""
        for sender, receiver, way in self.ways:
            way += sender.take()
            size = self.random.choice((1, 9, 30, len(way), len(way)))
            receiver.receive(bytes(way[:size]))
            del way[:size]

    def carry_all(self, rounds: int = 1 << 30) -> None:
        """Everything arrives, and what follows of it, in so many rounds at most."""
        moved = True
        while moved and rounds:
            moved, rounds = False, rounds - 1
            for sender, receiver, way in self.ways:
                sender.consume(all_of_it=True)
                way += sender.take()
                moved |= bool(way)
                receiver.receive(bytes(way))
                way.clear()


def play(random: Random, client: Side, server: Side, at: Mapping[int, Callable[[], None]] | None = None) -> None:
    """A sequence of steps, and its end. ``at`` some steps, this happens too."""
    wire = Wire(random, client, server)
    if random.random() < 0.7:
        wire.carry_all()
    for step in range(STEPS):
        if at and step in at:
            at[step]()
        side, what = random.choice((client, server)), random.random()
        if what < 0.15:
            client.open()
        elif what < 0.5 and side.known:
            side.say(random.choice(sorted(side.known)))
        elif what < 0.6:
            side.fuss()
        elif what < 0.7:
            side.consume(all_of_it=False)
        else:
            wire.carry()
    wire.carry_all(rounds=3)  # for the acknowledgement of the last settings
    client.settle()
    server.settle()
    wire.carry_all()
    for side in (client, server):
        for stream in sorted(side.known):
            side.finish(stream)
        wire.carry_all()


def compare(client: Side, server: Side, last: int = LARGEST_STREAM_ID) -> None:
    """Each side has heard what the other has said, up to the last stream that the server took."""
    for hearing, speaking in ((client, server), (server, client)):
        for stream, heard in hearing.heard.items():
            if stream > last:
                assert hearing is client
                assert heard == [("reset", ErrorCode.REFUSED_STREAM)] or (stream in client.reset and not heard)
                continue
            said = speaking.said.get(stream, [])
            resets = [event[1] for event in heard if event[0] == "reset"]
            kept = heard[: len(heard) - len(resets)]
            assert is_beginning(kept, said)
            cut = stream in hearing.reset or stream in speaking.reset
            if resets:  # by the other side, or because the answer was complete before the request
                assert resets in ([speaking.reset.get(stream)], [0])
                assert heard[-1][0] == "reset"
            elif not cut and hearing is client:
                assert kept == said
            if hearing is server and not cut and not resets and kept != said:
                assert server.said[stream][-1][-1] is True  # nobody reads a request behind the end of its answer
        for stream in speaking.said:
            assert stream > last or stream in hearing.heard or stream in speaking.reset.keys() | hearing.reset.keys()


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("role", ["client", "server"])
def test_ours_and_h2_hear_what_the_other_says(role: str, part: int) -> None:
    for sequence in range(part, SEQUENCES // 2, PARTS):
        random = Random(sequence)
        ours = Ours(random, client=role == "client")
        theirs = Theirs(random, client=role == "server")
        client, server = (ours, theirs) if role == "client" else (theirs, ours)
        play(random, client, server)
        compare(client, server)
        ours.check()
        theirs.check()
        assert ours.connection.send_window == theirs.connection.inbound_flow_control_window
        assert LIMITS.connection_window - ours.connection._unreturned == theirs.connection.outbound_flow_control_window


@pytest.mark.parametrize("part", range(PARTS))
def test_a_server_that_leaves_in_two_steps_loses_nothing(part: int) -> None:
    for sequence in range(part, SEQUENCES // 4, PARTS):
        random = Random(sequence)
        client, server = Ours(random, client=True), Ours(random, client=False)
        assert isinstance(server.connection, ServerConnection)
        drain, leave = sorted(random.sample(range(STEPS), 2))
        last: list[int] = []

        def leaves(connection: ServerConnection = server.connection, last: list[int] = last) -> None:
            connection.leave()
            last.append(connection._last_stream())

        play(random, client, server, {drain: server.connection.drain, leave: leaves})
        compare(client, server, *last)
        client.check()
        server.pings += 1  # that of ``drain``
        server.check()
        assert client.connection.leaving
        assert client.connection.send_window == LIMITS.connection_window - server.connection._unreturned
        assert server.connection.send_window == LIMITS.connection_window - client.connection._unreturned
