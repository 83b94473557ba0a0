"""Verifies number, name and birth date of a citizen, by asking the population database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ndxp.agency.onward import Onward, OnwardMethod
from ndxp.agency.stated import Person
from ndxp.agency.subject import names_subject
from ndxp.population.v1 import population_pb2 as pb

_METHODS = pb.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name
_GET_CITIZEN = OnwardMethod(
    _METHODS["GetCitizen"],
    pb.GetCitizenResponse,
    "the verification at the population database",
    "VERIFICATION",
)

_BATCH = OnwardMethod(
    _METHODS["BatchVerifyCitizens"],
    pb.BatchVerifyCitizensResponse,
    "the verification at the population database",
    "VERIFICATION",
)


@dataclass(frozen=True, slots=True)
class Verified:
    """The population database's answer, and the transaction in which it was given.

    ``matched`` says that number, name and birth date are one citizen's, ``deceased`` that a death is registered.
    ``record`` has what the agency's grant releases of the citizen's record; nothing unless it matched.
    """

    matched: bool
    deceased: bool
    transaction_id: str
    record: pb.Citizen

    @property
    def living(self) -> bool:
        """Whether they belong to a living citizen."""
        return self.matched and not self.deceased


class Verification:
    """Verifies citizens by calls onward."""

    def __init__(self, onward: Onward) -> None:
        self._onward = onward

    async def verify(self, number: str, full_name: str, birth_date: str, *, purpose: str) -> Verified:
        """Calls GetCitizen within the caller's remaining time; raises OnwardFailed when there is no answer.

        VerifyCitizen would match a dead citizen too: only the record tells that a citizen is dead.
        """
        request = pb.GetCitizenRequest(citizen_number=number, full_name=full_name, birth_date=birth_date)
        given = await self._onward.call(_GET_CITIZEN, request, purpose=purpose)
        response = given.answer
        if response.HasField("citizen"):
            names_subject(response.citizen.citizen_number)
        return Verified(response.HasField("citizen"), response.citizen.deceased, given.transaction_id, response.citizen)

    async def verify_people(self, people: Mapping[str, Person], *, purpose: str) -> dict[str, Verified]:
        """What ``verify`` gives for each of the people of a filing, by what they are in it, in their order."""
        return {
            role: await self.verify(person.number, person.full_name, person.birth_date, purpose=purpose)
            for role, person in people.items()
        }

    async def match(self, claims: Sequence[tuple[str, str, str]], *, purpose: str) -> list[bool]:
        """Whether each number, name and birth date are one citizen's, living or dead; asks for all of them in one call.

        Raises OnwardFailed when there is no answer.
        """
        requests = [
            pb.BatchVerifyCitizensRequest(citizen_number=number, full_name=full_name, birth_date=birth_date)
            for number, full_name, birth_date in claims
        ]
        given = await self._onward.call_each(_BATCH, requests, purpose=purpose)
        return [answer.matched for answer in given.answer]
