"""LandService on the wire: translates, asks the rules, keeps records."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import grpc

from ndxp.agency.caller import caller
from ndxp.agency.claim import read_number
from ndxp.agency.database import Database, Transaction
from ndxp.agency.dossier_code import read_own_code
from ndxp.agency.replay import once
from ndxp.agency.rights import new_id
from ndxp.land.v1 import land_pb2 as pb
from ndxp.land.v1.land_pb2_grpc import LandServiceServicer
from ndxp.tax.v1 import tax_pb2 as tax
from ndxp.world.registers.land_parcels import LandParcel
from services.land import rules
from services.land.records import LandRegistry, Party, State, Transfer
from services.land.work import Work

_Context = grpc.aio.ServicerContext[Any, Any]


class LandService(LandServiceServicer):
    """The land registry's methods."""

    def __init__(self, database: Database, registry: LandRegistry, work: Work) -> None:
        self._database = database
        self._registry = registry
        self._work = work

    async def GetParcel(self, request: pb.GetParcelRequest, _: _Context) -> pb.GetParcelResponse:
        """The parcel of a certificate, for whoever knows its owner."""
        number = rules.read_certificate_number(request.certificate_number)
        owner = read_number(request.owner_number, field="owner_number")
        with self._database.reading() as documents:
            parcel = self._registry.parcel(documents, number)
        self._registry.name(owner)
        return pb.GetParcelResponse(parcel=_parcel(parcel) if parcel and parcel.owner_number == owner else None)

    async def SubmitTransfer(self, request: pb.SubmitTransferRequest, _: _Context) -> pb.SubmitTransferResponse:
        """Files a transfer, or supplements the one of the same dossier."""

        def submit(documents: Transaction) -> pb.SubmitTransferResponse:
            dossier_code = read_own_code(request.dossier_code, "dossier_code")
            certificate_number = rules.read_certificate_number(request.certificate_number)
            seller, buyer = _party(request.seller), _party(request.buyer)
            rules.check_sale(seller, buyer, request.price)
            there = self._registry.of_dossier(documents, dossier_code)
            if there is None:
                transfer = Transfer(
                    code=new_id(), dossier_code=dossier_code, certificate_number=certificate_number, seller=seller,
                    buyer=buyer, price=request.price,
                    traceparent=caller().begin_trace(),
                )  # fmt: skip
            else:
                transfer = replace(
                    rules.supplementable(there), certificate_number=certificate_number, seller=seller, buyer=buyer,
                    price=request.price, state=State.RECEIVED, reason="",
                )  # fmt: skip
            self._work.begin(documents, transfer)
            return pb.SubmitTransferResponse(transfer=_transfer(transfer))

        return once(self._database, request, pb.SubmitTransferResponse, submit)

    async def GetTransfer(self, request: pb.GetTransferRequest, _: _Context) -> pb.GetTransferResponse:
        """A transfer as it is now."""
        with self._database.reading() as documents:
            transfer = rules.known(self._registry.transfer(documents, request.code))
        return pb.GetTransferResponse(transfer=_transfer(transfer))

    async def GetScannedDossier(
        self, request: pb.GetScannedDossierRequest, _: _Context
    ) -> pb.GetScannedDossierResponse:
        """The scanned contract of sale of a slip."""
        header = request.header
        with self._database.reading() as documents:
            found = self._registry.of_slip(documents, header.slip_number)
        transfer = rules.known(found, "header.slip_number")
        content, sha256 = rules.scan(transfer)
        return pb.GetScannedDossierResponse(
            header=tax.Header(
                sequence_id=str(uuid4()), sequence_reference=header.sequence_id, dossier_code=transfer.dossier_code,
                certificate_number=transfer.certificate_number, slip_number=transfer.slip_number,
            ),
            documents=[pb.ScannedDocument(title="Hợp đồng chuyển nhượng", content=content, sha256=sha256)],
        )  # fmt: skip


def _party(person: pb.Person) -> Party:
    return Party(person.citizen_number, person.full_name.strip(), person.birth_date)


def _parcel(parcel: LandParcel) -> pb.Parcel:
    return pb.Parcel(
        certificate_number=parcel.number, owner_number=parcel.owner_number, owner_name=parcel.owner_name,
        address=str(parcel.address), area=parcel.area, mortgaged=parcel.mortgaged,
    )  # fmt: skip


def _transfer(transfer: Transfer) -> pb.Transfer:
    shown = pb.Transfer(
        code=transfer.code, dossier_code=transfer.dossier_code, certificate_number=transfer.certificate_number,
        state=pb.TransferState.Name(transfer.state), slip_number=transfer.slip_number if transfer.has_slip else "",
        notice_number=transfer.notice_number, amount=transfer.amount,
        new_certificate_number=transfer.new_certificate_number, reason=transfer.reason,
    )  # fmt: skip
    for kind, at in transfer.notices:
        shown.notices.add(kind=pb.NoticeKind.Name(kind)).at.FromMicroseconds(at)
    return shown
