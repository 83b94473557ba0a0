"""Verifies number, name and birth date of a citizen, by asking the population database."""

from dataclasses import dataclass

from ndxp.agency.onward import Onward, OnwardMethod
from ndxp.agency.subject import names_subject
from ndxp.population.v1 import population_pb2 as pb

_GET_CITIZEN = OnwardMethod(
    pb.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name["GetCitizen"],
    pb.GetCitizenResponse,
    "the verification at the population database",
    "VERIFICATION",
)


@dataclass(frozen=True, slots=True)
class Verified:
    """The population database's answer, and the transaction in which it was given.

    ``matched``: number, name and birth date belong to one citizen. ``deceased``: a death is registered.
    """

    matched: bool
    deceased: bool
    transaction_id: str

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
        return Verified(response.HasField("citizen"), response.citizen.deceased, given.transaction_id)
