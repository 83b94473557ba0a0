"""NewAgencyService on the wire: translates, asks the rules, keeps records."""

from typing import Any

import grpc

from ndxp.agency.database import Database, Transaction
from ndxp.agency.replay import once
from ndxp.clock import Clock
from new_agency import rules
from new_agency.records import Entry, Register
from new_agency.v1 import new_agency_pb2 as pb
from new_agency.v1.new_agency_pb2_grpc import NewAgencyServiceServicer

_Context = grpc.aio.ServicerContext[Any, Any]


class NewAgencyService(NewAgencyServiceServicer):
    """The agency's methods."""

    def __init__(self, database: Database, register: Register, clock: Clock) -> None:
        self._database = database
        self._register = register
        self._clock = clock

    async def RegisterEntry(self, request: pb.RegisterEntryRequest, _: _Context) -> pb.RegisterEntryResponse:
        """Registers an entry once, however often the request comes."""
        number = rules.read_citizen_number(request.citizen_number)
        text = rules.read_entry_text(request.text)
        rules.may_register(self._register.has_citizen(number))

        def register(documents: Transaction) -> pb.RegisterEntryResponse:
            entry = Entry(number, text, self._clock.now())
            self._register.store(documents, entry)
            return pb.RegisterEntryResponse(entry=_shown(entry))

        return once(self._database, request, pb.RegisterEntryResponse, register)

    async def GetEntry(self, request: pb.GetEntryRequest, _: _Context) -> pb.GetEntryResponse:
        """The entry as it is now."""
        number = rules.read_citizen_number(request.citizen_number)
        with self._database.reading() as documents:
            entry = rules.known(self._register.entry(documents, number))
        return pb.GetEntryResponse(entry=_shown(entry))


def _shown(entry: Entry) -> pb.Entry:
    message = pb.Entry(citizen_number=entry.citizen_number, text=entry.text)
    message.registered_at.FromMicroseconds(entry.registered_at)
    return message
