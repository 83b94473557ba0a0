"""What a pupil does in lab 11."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from google.protobuf.json_format import Parse

from ndxp.clock import Clock, move
from ndxp.labs import Workplace
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.life_events.v1.life_events_pb2_grpc import LifeEventServiceStub
from ndxp.sandbox.state import State
from ndxp.working_time import later

_LOOKS, _PATIENCE = 0.3, 180.0
"""Seconds of real time that agencies get for what has become due, and after which a dossier does not go on."""


def solve(place: Workplace) -> None:
    """Files the application, corrects it when it comes back, loses an answer, and counts who has called."""
    application = Parse((place.folder / "birth.json").read_text(encoding="utf-8"), pb.SubmitBirthRequest())
    with place.connect() as connection:
        service = LifeEventServiceStub(connection.channel)
        code = place.answers["file"] = service.SubmitBirth(application).dossier.code

        def look() -> pb.Dossier:
            found: pb.Dossier = service.GetDossier(pb.GetDossierRequest(code=code)).dossier
            return found

        _wait(place, lambda: look().state == pb.DOSSIER_STATE_SUPPLEMENT)
        mother = pb.Person(birth_date=place.values["birth"])
        service.SupplementDossier(
            pb.SupplementDossierRequest(request_id=str(uuid4()), code=code, birth=pb.Birth(mother=mother))
        )
        soon = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
        place.fault(
            "lose", consumer=f"{place.values['province']}/one-stop", methods=["RegisterResidence"], nth="1",
            valid_until=soon,
        )  # fmt: skip
        place.settle()
        _wait(place, lambda: look().HasField("ended_at"))
        trace = look().traceparent.split("-")[1]
    records = place.admin.get("/transactions", trace=trace, limit=1000)
    place.answers["trace"] = str(len({record["client"] for record in records}))


def _wait(place: Workplace, happened: Callable[[], bool]) -> None:
    """Moves the clock on, an hour of working time at once, until something has happened. Raises TimeoutError."""
    clock = State.running(place.run_folder).clock_file
    if clock is None:
        raise TimeoutError("the clock of this exchange is real")
    deadline = time.monotonic() + _PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("the dossier does not go on")
        move(clock, later(Clock(clock).moment(), "1 working hours"))
        time.sleep(_LOOKS)
