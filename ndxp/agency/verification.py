"""Whether number, name and birth date are a citizen's: an agency's question to the population database."""

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

    ``matched`` says that number, name and birth date are one citizen's, ``deceased`` that a death is registered.
    ``record`` is what the agency's grant releases of the record; empty when they are not one citizen's.
    """

    matched: bool
    deceased: bool
    transaction_id: str
    record: pb.Citizen

    @property
    def living(self) -> bool:
        """Whether they are those of somebody who lives."""
        return self.matched and not self.deceased


class Verification:
    """Verifies citizens by calls onward."""

    def __init__(self, onward: Onward) -> None:
        self._onward = onward

    async def verify(self, number: str, full_name: str, birth_date: str, *, purpose: str) -> Verified:
        """Asks GetCitizen with the caller's remaining time; raises OnwardFailed when there is no answer.

        VerifyCitizen would say that the dead match: only the record tells that they are.
        """
        request = pb.GetCitizenRequest(citizen_number=number, full_name=full_name, birth_date=birth_date)
        given = await self._onward.call(_GET_CITIZEN, request, purpose=purpose)
        response = given.answer
        if response.HasField("citizen"):
            names_subject(response.citizen.citizen_number)
        return Verified(response.HasField("citizen"), response.citizen.deceased, given.transaction_id, response.citizen)
