"""The operations centre of Hà Nam, simulated."""

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.operations.v1.operations_pb2_grpc import add_OperationsServiceServicer_to_server
from services.operations.records import Centre
from services.operations.service import OperationsService


def build(foundation: Foundation[AgencySettings]) -> OperationsService:
    """What answers the calls."""
    return OperationsService(foundation.database, Centre(), foundation.clock)


AGENCY = Composition(build, [add_OperationsServiceServicer_to_server], AgencySettings)
