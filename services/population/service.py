"""PopulationService on the wire: translates, asks the rules, keeps records."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from time import monotonic
from typing import Any

import grpc

from ndxp.agency.claim import Claim, read_claim, read_name, read_number
from ndxp.agency.database import Change, Database, Transaction
from ndxp.agency.place import read_address
from ndxp.agency.replay import once
from ndxp.agency.subject import names_subject
from ndxp.clock import Clock
from ndxp.errors import AgencyError, Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1.population_pb2_grpc import PopulationServiceServicer
from ndxp.world import Address, Citizen, Relative
from services.population import rules
from services.population.records import Registry, newborn_record

POLL_SECONDS = 0.2
"""How often the feed of changes is looked at for those who wait."""

MOST_PROBLEMS = 100
"""How many problems the answer to an upload tells in full."""

_Context = grpc.aio.ServicerContext[Any, Any]
_KIND_NAMES = {name: pb.ChangeKind.Name(number) for number, name in rules.CHANGE_KINDS.items()}


class PopulationService(PopulationServiceServicer):
    """The registry's methods."""

    def __init__(self, database: Database, registry: Registry, clock: Clock) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock
        self._ending = asyncio.Event()
        self._uploading = asyncio.Lock()
        self._newest, self._look_at = 0, 0.0

    def end_watching(self) -> None:
        """Ends the streams that wait for changes; their callers go on elsewhere from their cursor."""
        self._ending.set()

    async def VerifyCitizen(self, request: pb.VerifyCitizenRequest, _: _Context) -> pb.VerifyCitizenResponse:
        """Service 033."""
        if not request.birth_date:
            number, name = read_number(request.citizen_number, old_number=True), read_name(request.full_name)
            return pb.VerifyCitizenResponse(matched=rules.is_named(name, self._known(number)))
        return pb.VerifyCitizenResponse(matched=self._matched(_claim(request)))

    async def GetCitizen(self, request: pb.GetCitizenRequest, _: _Context) -> pb.GetCitizenResponse:
        """Service 037."""
        claim = _claim(request)
        with self._database.reading() as documents:
            citizen = self._registry.citizen(documents, claim.number)
        if citizen is None or not rules.matches(claim, citizen):
            return pb.GetCitizenResponse()
        return pb.GetCitizenResponse(citizen=_citizen(citizen))

    async def ListHousehold(self, request: pb.ListHouseholdRequest, _: _Context) -> pb.ListHouseholdResponse:
        """The household, newborns last."""
        number = read_number(request.citizen_number)
        with self._database.reading() as documents:
            citizen = rules.known(self._registry.citizen(documents, number))
            household = self._registry.household(documents, citizen)
        return pb.ListHouseholdResponse(
            household_number=household.number, members=[_member(member) for member in household.members]
        )

    async def BatchVerifyCitizens(
        self, requests: AsyncIterator[pb.BatchVerifyCitizensRequest], _: _Context
    ) -> AsyncIterator[pb.BatchVerifyCitizensResponse]:
        """An answer for each question, in their order."""
        async for request in requests:
            try:
                matched, problem = self._matched(_claim(request)), ""
            except AgencyError as error:
                matched, problem = False, error.message
            yield pb.BatchVerifyCitizensResponse(item_id=request.item_id, matched=matched, problem=problem)

    async def WatchChanges(
        self, request: pb.WatchChangesRequest, _: _Context
    ) -> AsyncIterator[pb.WatchChangesResponse]:
        """Changes after the cursor, then those to come."""
        cursor = rules.known_place(self._database.places.place(request.cursor))
        kinds = rules.read_kinds(request.kinds)
        looked_until = -1
        while True:
            newest, changes = self._newest_change(), list[Change]()
            if newest > looked_until:
                with self._database.reading() as documents:
                    changes = documents.changes(cursor, kinds=kinds)
            for change in changes:
                yield self._change(change)
                cursor = change.cursor
            if changes:
                continue
            if request.stop_at_end:
                return
            looked_until = newest
            if await self._ends_within(POLL_SECONDS):
                raise AgencyError(Code.UNAVAILABLE, "STOPPING", "the agency stops; go on from the last cursor")

    async def UploadChanges(
        self, requests: AsyncIterator[pb.UploadChangesRequest], _: _Context
    ) -> pb.UploadChangesResponse:
        """Each change in a transaction of its own; those that cannot be taken do not stop the others.

        However many upload, and however much: between two changes the other calls get their turn.
        """
        tally = pb.UploadChangesResponse()
        async for request in requests:
            try:
                async with self._uploading:
                    await asyncio.sleep(0)
                    taken = self._take(request)
                tally.accepted += taken
                tally.replayed += not taken
            except AgencyError as error:
                tally.rejected += 1
                if len(tally.problems) < MOST_PROBLEMS:
                    tally.problems.add(request_id=request.request_id[:64], problem=error.message)
        return tally

    async def RegisterBirth(self, request: pb.RegisterBirthRequest, _: _Context) -> pb.RegisterBirthResponse:
        """Gives the child a number and a place in the mother's household."""
        return once(self._database, request, pb.RegisterBirthResponse, partial(self._register_birth, request))

    async def RegisterDeath(self, request: pb.RegisterDeathRequest, _: _Context) -> pb.RegisterDeathResponse:
        """The citizen stays on record."""
        return once(self._database, request, pb.RegisterDeathResponse, partial(self._register_death, request))

    async def ChangeAddress(self, request: pb.ChangeAddressRequest, _: _Context) -> pb.ChangeAddressResponse:
        """Changes the current address, not the permanent one."""
        return once(self._database, request, pb.ChangeAddressResponse, partial(self._change_address, request))

    def _matched(self, claim: Claim) -> bool:
        return rules.matches(claim, self._known(claim.number))

    def _known(self, number: str) -> Citizen | None:
        """The citizen with a number, as far as verification needs him."""
        citizen = self._registry.of_world(number)
        if citizen is None:
            with self._database.reading() as documents:
                citizen = self._registry.newborn(documents, number)
        return citizen

    def _newest_change(self) -> int:
        """The end of the feed, looked for once in POLL_SECONDS however many wait: who waits long must cost little."""
        if (now := monotonic()) >= self._look_at:
            with self._database.reading() as documents:
                self._newest = documents.newest_change()
            self._look_at = now + POLL_SECONDS
        return self._newest

    def _change(self, change: Change) -> pb.WatchChangesResponse:
        names_subject(change.key)
        response = pb.WatchChangesResponse(
            cursor=self._database.places.token(change.cursor), kind=_KIND_NAMES[change.kind], citizen_number=change.key
        )
        response.registered_at.FromMicroseconds(change.at)
        return response

    async def _ends_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._ending.wait()
        except TimeoutError:
            return False

    def _take(self, request: pb.UploadChangesRequest) -> bool:
        """Takes one change of an upload; False when it had been taken before."""
        taken = False

        def take(documents: Transaction) -> pb.UploadChangesResponse:
            nonlocal taken
            self._move(request.citizen_number, request.current_address, documents)
            taken = True
            return pb.UploadChangesResponse(accepted=1)

        once(self._database, request, pb.UploadChangesResponse, take)
        return taken

    def _move(self, citizen_number: str, to: pb.Address, documents: Transaction) -> Citizen:
        number = read_number(citizen_number)
        address = read_address(
            province=to.province, district=to.district, ward=to.ward, detail=to.detail, field="current_address"
        )  # fmt: skip
        citizen = rules.living(rules.known(self._registry.citizen(documents, number)))
        documents.note_change("address", number)
        return self._registry.record_address(documents, citizen, address)

    def _change_address(self, request: pb.ChangeAddressRequest, documents: Transaction) -> pb.ChangeAddressResponse:
        citizen = self._move(request.citizen_number, request.current_address, documents)
        return pb.ChangeAddressResponse(citizen=_citizen(citizen))

    def _register_death(self, request: pb.RegisterDeathRequest, documents: Transaction) -> pb.RegisterDeathResponse:
        citizen = rules.known(self._registry.citizen(documents, read_number(request.citizen_number)))
        day = rules.check_death(
            citizen, full_name=request.full_name, death_date=request.death_date, today=self._clock.today()
        )
        documents.note_change("death", citizen.number)
        return pb.RegisterDeathResponse(citizen=_citizen(self._registry.record_death(documents, citizen, day)))

    def _register_birth(self, request: pb.RegisterBirthRequest, documents: Transaction) -> pb.RegisterBirthResponse:
        birth = rules.read_birth(
            surname=request.surname, middle_name=request.middle_name, given_name=request.given_name,
            sex=request.sex, birth_date=request.birth_date, province=request.province,
            mother_number=request.mother_number, father_number=request.father_number, today=self._clock.today(),
        )  # fmt: skip
        father = self._registry.citizen(documents, birth.father_number) if birth.father_number else None
        mother = rules.check_parents(birth, self._registry.citizen(documents, birth.mother_number), father)
        number = self._registry.vacant_number(
            documents, province=birth.province, sex=birth.sex, birth_year=birth.birth_date.year
        )
        child = newborn_record(
            rules.given_number(number), surname=birth.surname, middle_name=birth.middle_name,
            given_name=birth.given_name, birth_date=birth.birth_date, sex=birth.sex, province=birth.province,
            mother=mother, father=father, minor=birth.minor(self._clock.today()),
        )  # fmt: skip
        self._registry.add_newborn(documents, child)
        documents.note_change("birth", child.number)
        return pb.RegisterBirthResponse(citizen=_citizen(child))


def _claim(request: pb.VerifyCitizenRequest | pb.GetCitizenRequest | pb.BatchVerifyCitizensRequest) -> Claim:
    return read_claim(request.citizen_number, request.full_name, request.birth_date, old_number=True)


def _member(citizen: Citizen) -> pb.HouseholdMember:
    return pb.HouseholdMember(
        citizen_number=citizen.number,
        full_name=_full_name(citizen),
        relation_to_head=citizen.relation_to_head,
    )


def _citizen(citizen: Citizen) -> pb.Citizen:
    return pb.Citizen(
        citizen_number=citizen.number, old_number=citizen.old_number, surname=citizen.surname,
        middle_name=citizen.middle_name, given_name=citizen.given_name, full_name=_full_name(citizen),
        sex=pb.Sex.Name(citizen.sex), birth_date=citizen.birth_date.isoformat(),
        ethnicity=citizen.ethnicity, religion=citizen.religion,
        marital_status=pb.MaritalStatus.Name(citizen.marital_status),
        blood_group=pb.BloodGroup.Name(int(citizen.blood_group)),
        birth_registration_place=str(citizen.birth_registration), nationality=citizen.nationality,
        place_of_origin=str(citizen.place_of_origin), permanent_address=_address(citizen.permanent_address),
        current_address=_address(citizen.current_address), father=_relative(citizen.father),
        mother=_relative(citizen.mother), spouse=_relative(citizen.spouse),
        legal_representative=_relative(citizen.legal_representative),
        household_number=citizen.household_number,
        household_head=_relative(citizen.head_of_household), relation_to_head=citizen.relation_to_head,
        deceased=citizen.deceased, death_date=citizen.death_date.isoformat() if citizen.death_date else "",
    )  # fmt: skip


def _address(address: Address) -> pb.Address:
    return pb.Address(province=address.province, district=address.district, ward=address.ward, detail=address.detail)


def _relative(relative: Relative | None) -> pb.Relative | None:
    if relative is None or not (relative.number or relative.name):
        return None
    return pb.Relative(citizen_number=relative.number, full_name=relative.name)


def _full_name(citizen: Citizen) -> str:
    """Without a gap where there is no middle name."""
    return " ".join(citizen.full_name.split())
