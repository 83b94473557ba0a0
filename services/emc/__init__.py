"""The measurement of usage (EMC) of the Ministry of Information and Communications, simulated."""

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.emc.v1.emc_pb2_grpc import add_UsageServiceServicer_to_server
from services.emc.service import UsageService


def build(foundation: Foundation[AgencySettings]) -> UsageService:
    """What answers the calls."""
    return UsageService(foundation.onward())


AGENCY = Composition(build, [add_UsageServiceServicer_to_server], AgencySettings)
