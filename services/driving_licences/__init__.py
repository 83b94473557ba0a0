"""Driving licences of the Directorate for Roads, simulated."""

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.driving_licences.v1.driving_licences_pb2_grpc import add_DrivingLicenceServiceServicer_to_server
from services.driving_licences.records import LicenceRegister
from services.driving_licences.service import DrivingLicenceService


def build(foundation: Foundation[AgencySettings]) -> DrivingLicenceService:
    """What answers the calls."""
    return DrivingLicenceService(foundation.database, LicenceRegister(foundation.world), foundation.clock)


AGENCY = Composition(build, [add_DrivingLicenceServiceServicer_to_server], AgencySettings)
