"""The linked life events of the Government Office, simulated."""

from typing import Literal

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.agency.verification import Verification
from ndxp.life_events.v1.life_events_pb2_grpc import add_LifeEventServiceServicer_to_server
from services.life_events.delivery import Delivery
from services.life_events.records import LifeEvents
from services.life_events.service import LifeEventService


class LifeEventSettings(AgencySettings):
    """What the linked service reads besides: how dossiers get to the provinces."""

    life_events_delivery: Literal["push", "pull"] = "push"
    """``push``: each dossier is handed to its province at once; ``pull``: the provinces ask for the new ones. The
    one-stop systems read it too."""


def build(foundation: Foundation[LifeEventSettings]) -> LifeEventService:
    """What answers the calls."""
    onward, life_events = foundation.onward(), LifeEvents(foundation.world)
    delivery = Delivery(foundation.database, life_events, onward, foundation.clock)
    foundation.works(delivery.handlers())
    return LifeEventService(
        foundation.database, life_events, Verification(onward), delivery, foundation.clock,
        push=foundation.settings.life_events_delivery == "push",
    )  # fmt: skip


AGENCY = Composition(build, [add_LifeEventServiceServicer_to_server], LifeEventSettings)
