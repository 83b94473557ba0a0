"""The answer to the caller: headers, the messages that wait here, and trailers."""

from gateway.core.transaction import Call
from gateway.dataplane import headers
from ndxp.errors import DOMAIN, RULES, Code, Reason, Refusal
from ndxp.http2 import Field, Fields, Stream
from ndxp.http2.parts import add_part
from ndxp.wire import metadata, status
from ndxp.wire.grpc_http2 import percent

Block = tuple[tuple[Field, ...], str]


class Answer:
    """The answer to one call. ``held`` says that its messages wait until its end is recorded.

    ``size`` is how many bytes wait so; ``begun`` says that the caller has its beginning already.
    """

    __slots__ = ("_beginning", "_call", "_own", "_parts", "_tail", "_withheld", "begun", "held", "size")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._own = headers.begin()
        self._beginning: Block | None = None  # the provider's
        self._withheld: list[metadata.Pair] = []
        self._tail = ""
        self.begun = False
        self.held = True
        self.size = 0
        self._parts: list[bytes] = []

    def use(self, content_type: str) -> None:
        """Sets the caller's content-type for answers of the exchange itself."""
        self._own = headers.begin(content_type)

    def began(self, fields: Fields, *, says_withheld: bool) -> None:
        """Takes the provider's headers; ``says_withheld``: this is where it must name the withheld fields."""
        constant, encodings, own = headers.answer(fields)
        self._beginning = constant, encodings + headers.literals(metadata.back(own))
        if says_withheld:
            self._withheld = _withheld(self._call, own)

    def check_release(self) -> None:
        """Raises Refusal (FIELDS_NOT_WITHHELD) when the provider does not name the fields that it withholds."""
        call = self._call
        if call.fields and not self._withheld:
            raise Refusal(
                Reason.FIELDS_NOT_WITHHELD,
                f"{call.service} does not say that it kept to the fields of grant {call.grant}; its answer is withheld",
                metadata={"service": call.service, "grant": call.grant},
            )

    def ended(self, ending: headers.Ending) -> None:
        """Takes the provider's end. Raises Refusal like ``check_release``."""
        back = metadata.back(ending.pairs)
        if ending.code is Code.OK:
            if self.held:
                self._withheld = _withheld(self._call, ending.pairs)
                self.check_release()
                back += self._withheld
            self._tail = headers.literals(back)
        else:
            self._tail = headers.status(ending.code, ending.message) + headers.literals(back)

    def failed(self, code: Code, message: str) -> None:
        """Takes an end that is not a gRPC status of the provider, or one from the exchange itself."""
        self._beginning = None
        self._tail = headers.status(code, percent(message))

    def refused(self, refusal: Refusal) -> None:
        """Takes a refusal of the exchange."""
        self.failed(refusal.code, refusal.message)
        of_agency = refusal.shown and refusal.shown not in RULES
        domain = self._call.contract if of_agency else DOMAIN
        self._tail += headers.literals(((metadata.STATUS_DETAILS, status.encode(refusal, domain=domain)),))

    def begin(self, stream: Stream) -> None:
        """Sends the headers of an answer that is passed on as it comes."""
        if not self.begun:
            self.begun = True
            constant, rest = self._beginning or (self._own, "")
            own = ((metadata.TRANSACTION_ID, self._call.transaction_id), *self._withheld)
            stream.send_headers(constant, rest + headers.literals(own))

    def hold(self, data: bytes) -> None:
        """Keeps a part of a message."""
        add_part(self._parts, data)
        self.size += len(data)

    def end(self, stream: Stream) -> None:
        """Sends the rest, and the trailers."""
        call = self._call
        tail = f"{self._tail}{headers.literals(((metadata.TRANSACTION_ID, call.transaction_id),))}"
        if call.replay_of:
            tail += headers.literals(((metadata.REPLAY_OF, call.replay_of),))
        if call.fault:
            tail += headers.literals(((metadata.FAULT, call.fault),))
        if call.code is not Code.OK:
            tail += headers.literals(((metadata.ERROR_ORIGIN, str(call.origin)),))
        if not self.begun and self._beginning is not None:
            stream.send_headers(*self._beginning)
            self.begun = True
            self.send_parts(stream)
        trailers = headers.OK_TRAILERS if call.code is Code.OK else ()
        stream.send_trailers(trailers if self.begun else self._own + trailers, tail)

    def break_off(self, stream: Stream) -> None:
        """Sends what there is of the answer, and no end."""
        if stream.open and self.size:
            self.begin(stream)
            self.send_parts(stream)

    def send_parts(self, stream: Stream) -> int:
        """Sends the messages that wait here; gives how many bytes of them do not wait in the stream now."""
        parts, self._parts, self.size = self._parts, [], 0
        return sum([len(part) for part in parts if stream.send_data(part)])

    def drop(self) -> None:
        """Forgets the messages that wait here."""
        self._parts, self.size = [], 0


def _withheld(call: Call, pairs: metadata.Pairs) -> list[metadata.Pair]:
    """The metadata that tells the caller which fields are withheld, and under which grant.

    ``pairs`` is the provider's metadata; empty when the grant releases all, and when the provider says nothing of it.
    """
    said = metadata.withheld(pairs) if call.fields else None
    return [] if said is None else [(metadata.WITHHELD, said), (metadata.GRANT, call.grant)]
