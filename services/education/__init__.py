"""Graduation examinations and admission of the Ministry of Education and Training, simulated."""

from datetime import date

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.education.v1.education_pb2_grpc import add_EducationServiceServicer_to_server
from services.education.records import Registrar
from services.education.rules import Season
from services.education.service import EducationService


class EducationSettings(AgencySettings):
    """What the agency of education reads besides: when the season ends."""

    education_closing_day: date = date(2023, 7, 30)
    """Last day on which candidates of 2023 register, change and withdraw. With the real clock it is 1 July 2023 all the
    time; `ndxp up --clock manual` and `ndxp clock advance` move it."""


def build(foundation: Foundation[EducationSettings]) -> EducationService:
    """What answers the calls."""
    season = Season(foundation.settings.education_closing_day)
    registrar, verification = Registrar(foundation.world), Verification(foundation.onward())
    return EducationService(foundation.database, registrar, verification, season, foundation.clock)


AGENCY = Composition(build, [add_EducationServiceServicer_to_server], EducationSettings)
