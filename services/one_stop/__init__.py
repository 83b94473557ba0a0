"""The one-stop systems of the 63 provinces, simulated: one process runs as all of them."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.identifiers import member_of
from ndxp.one_stop.v1.one_stop_pb2_grpc import add_OneStopServiceServicer_to_server
from services.one_stop.linked import LinkedService
from services.one_stop.records import Desks
from services.one_stop.service import OneStopService
from services.one_stop.work import Pace, Work


class OneStopSettings(AgencySettings):
    """What the one-stop systems read besides; hours and minutes are those of the nation's clock."""

    life_events_delivery: Literal["push", "pull"] = "push"
    """``pull``: each province asks the linked service for its new dossiers every 10 minutes; ``push``: it gets them."""
    one_stop_intake_hours: float = Field(default=1.0, ge=0)
    """Working hours until an officer has looked at a new dossier of a chain, and it is taken up."""
    one_stop_poll_minutes: float = Field(default=15.0, gt=0)
    """Minutes between two questions to an agency for an answer."""
    one_stop_report_minutes: float = Field(default=7.0, ge=0)
    """Minutes between two reports to the linked service."""


def build(foundation: Foundation[OneStopSettings]) -> OneStopService:
    """What answers the calls."""
    settings, database, onward = foundation.settings, foundation.database, foundation.onward()
    pace = Pace(settings.one_stop_intake_hours, timedelta(minutes=settings.one_stop_poll_minutes))
    report_every = timedelta(minutes=settings.one_stop_report_minutes)
    desks = Desks(foundation.world)
    linked = LinkedService(database, desks, onward, foundation.clock, report_every)
    work = Work(database, desks, onward, foundation.clock, pace, linked)
    foundation.works(work.handlers() | linked.handlers(work.receive_linked))
    if settings.life_events_delivery == "pull":
        with database.transaction() as documents:
            linked.pull_from_now_on(documents, [member_of(subsystem) for subsystem in foundation.part.subsystems])
    return OneStopService(database, desks, Verification(onward), work, foundation.clock)


AGENCY = Composition(build, [add_OneStopServiceServicer_to_server], OneStopSettings)
