"""New agency, simulated."""

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from new_agency.records import Register
from new_agency.service import NewAgencyService
from new_agency.v1.new_agency_pb2_grpc import add_NewAgencyServiceServicer_to_server


def build(foundation: Foundation[AgencySettings]) -> NewAgencyService:
    """What answers the calls."""
    return NewAgencyService(foundation.database, Register(foundation.world), foundation.clock)


AGENCY = Composition(build, [add_NewAgencyServiceServicer_to_server], AgencySettings)
