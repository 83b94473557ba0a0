"""Health insurance of Vietnam Social Security, simulated."""

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import add_HealthInsuranceServiceServicer_to_server
from services.health_insurance.records import Insurer
from services.health_insurance.service import HealthInsuranceService


def build(foundation: Foundation[AgencySettings]) -> HealthInsuranceService:
    """What answers the calls."""
    insurer, verification = Insurer(foundation.world), Verification(foundation.onward())
    return HealthInsuranceService(foundation.database, insurer, verification, foundation.clock)


AGENCY = Composition(build, [add_HealthInsuranceServiceServicer_to_server], AgencySettings)
