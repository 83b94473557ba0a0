"""The national database of civil servants of the Ministry of Home Affairs, simulated."""

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.civil_servants.v1.civil_servants_pb2_grpc import add_CivilServantServiceServicer_to_server
from services.civil_servants.records import Personnel
from services.civil_servants.service import CivilServantService


def build(foundation: Foundation[AgencySettings]) -> CivilServantService:
    """What answers the calls."""
    return CivilServantService(
        foundation.database, Personnel(foundation.world), Verification(foundation.onward()), foundation.clock
    )


AGENCY = Composition(build, [add_CivilServantServiceServicer_to_server], AgencySettings)
