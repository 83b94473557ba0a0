"""The tax agency, as far as transfers of land go, simulated."""

from pydantic import Field

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.tax.v1.tax_pb2_grpc import add_TaxServiceServicer_to_server
from services.tax.records import TaxOffice
from services.tax.service import DECIDE, TaxService


class TaxSettings(AgencySettings):
    """What the tax agency reads besides: how long it takes."""

    tax_decision_hours: float = Field(default=8.0, ge=0)
    """Working hours of the nation's clock that the tax agency takes to decide on a slip (chosen by this project)."""


def build(foundation: Foundation[TaxSettings]) -> TaxService:
    """What answers the calls."""
    office, hours = TaxOffice(foundation.world), foundation.settings.tax_decision_hours
    service = TaxService(foundation.database, office, foundation.onward(), foundation.clock, hours)
    foundation.works({DECIDE: service.decide})
    return service


AGENCY = Composition(build, [add_TaxServiceServicer_to_server], TaxSettings)
