"""Civil status of the Ministry of Justice, simulated."""

from pydantic import Field

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.civil_status.v1.civil_status_pb2_grpc import add_CivilStatusServiceServicer_to_server
from services.civil_status.decisions import Decisions
from services.civil_status.records import Office
from services.civil_status.service import CivilStatusService


class CivilStatusSettings(AgencySettings):
    """What civil status reads besides: how long it takes."""

    civil_status_hours: float = Field(default=4.0, ge=0, le=1000)
    """Working hours after which a dossier is decided; at the latest by the end of the working day on which it counts as
    received."""


def build(foundation: Foundation[CivilStatusSettings]) -> CivilStatusService:
    """What answers the calls."""
    office, clock, hours = Office(foundation.world), foundation.clock, foundation.settings.civil_status_hours
    decisions = Decisions(foundation.part.subsystems[0], foundation.database, office, foundation.onward(), clock)
    foundation.works(decisions.handlers())
    return CivilStatusService(foundation.database, office, clock, hours)


AGENCY = Composition(build, [add_CivilStatusServiceServicer_to_server], CivilStatusSettings)
