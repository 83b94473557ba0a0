"""Registered vehicles of the Traffic Police Department, simulated."""

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.vehicles.v1.vehicles_pb2_grpc import add_VehicleServiceServicer_to_server
from services.vehicles.records import VehicleRegister
from services.vehicles.service import VehicleService


def build(foundation: Foundation[AgencySettings]) -> VehicleService:
    """What answers the calls."""
    return VehicleService(foundation.database, VehicleRegister(foundation.world), foundation.clock)


AGENCY = Composition(build, [add_VehicleServiceServicer_to_server], AgencySettings)
