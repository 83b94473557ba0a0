"""The national public service portal of the Government Office, simulated."""

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.public_services.v1.public_services_pb2_grpc import add_PublicServiceServiceServicer_to_server
from services.public_services.records import Portal
from services.public_services.service import TELL_TAX, PublicServiceService


def build(foundation: Foundation[AgencySettings]) -> PublicServiceService:
    """What answers the calls."""
    portal, onward = Portal(foundation.world), foundation.onward()
    service = PublicServiceService(foundation.database, portal, onward, Verification(onward), foundation.clock)
    foundation.works({TELL_TAX: service.tell_tax})
    return service


AGENCY = Composition(build, [add_PublicServiceServiceServicer_to_server], AgencySettings)
