"""What the agencies have after the drill, beside what the dossiers say: nothing twice, nothing forgotten."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from drills.life_events.events import Event
from ndxp.admin import Session
from ndxp.client import BlockingExchange
from ndxp.health_insurance.v1 import health_insurance_pb2 as insurance
from ndxp.health_insurance.v1.health_insurance_pb2_grpc import HealthInsuranceServiceStub
from ndxp.life_events.v1 import life_events_pb2 as pb
from ndxp.population.v1 import population_pb2 as population
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

ONE_STOP = "VN/GOV/H26/one-stop"
"""As whom it asks the agencies."""


def wrong_ends(events: Sequence[Event]) -> list[str]:
    """Dossiers that did not end as they must."""
    return [
        f"{event.dossier.code} ({event.kind}) is {pb.DossierState.Name(event.dossier.state)}: {event.dossier.note}"
        for event in events
        if event.dossier.state != event.ends
    ]


def differences(session: Session, events: Sequence[Event]) -> list[str]:
    """What the population database and the insurer have that the dossiers do not say, and the other way round."""
    with BlockingExchange(session.state.gateway, session.tokens(ONE_STOP), retries=False) as exchange:
        stub = PopulationServiceStub(exchange.channel)
        born = Counter(_changes(stub, population.CHANGE_KIND_BIRTH))
        died = Counter(_changes(stub, population.CHANGE_KIND_DEATH))
        found = _compare("birth", born, results(events, pb.PROCEDURE_BIRTH_REGISTRATION))
        found += _compare("death", died, results(events, pb.PROCEDURE_DEATH_REGISTRATION))
        found += _without_card(HealthInsuranceServiceStub(exchange.channel), events)
    return found


def results(events: Sequence[Event], procedure: pb.Procedure) -> Counter[str]:
    """The numbers that a procedure gave, by the dossiers."""
    return Counter(
        step.result
        for event in events
        for step in event.dossier.steps
        if step.procedure == procedure and step.result.isdigit()
    )


def _changes(stub: PopulationServiceStub, kind: population.ChangeKind) -> Iterator[str]:
    request = population.WatchChangesRequest(stop_at_end=True, kinds=[kind])
    changes: Any = stub.WatchChanges(request)
    yield from (change.citizen_number for change in changes)


def _compare(what: str, registered: Counter[str], told: Counter[str]) -> list[str]:
    """Numbers are of synthetic people; the drill's output may name them."""
    found = [f"{what} of {number} is registered {times} times" for number, times in registered.items() if times > 1]
    found += [f"{what} of {number} is registered and no dossier says so" for number in registered.keys() - told.keys()]
    found += [f"{what} of {number} is in a dossier and not registered" for number in told.keys() - registered.keys()]
    return found + [f"{what} of {number} is in {times} dossiers" for number, times in told.items() if times > 1]


def _without_card(stub: HealthInsuranceServiceStub, events: Sequence[Event]) -> list[str]:
    found = []
    for event in events:
        if not event.dossier.HasField("birth") or event.dossier.state != pb.DOSSIER_STATE_DONE:
            continue
        child, card = (
            next(iter(results([event], procedure)), "")
            for procedure in (pb.PROCEDURE_BIRTH_REGISTRATION, pb.PROCEDURE_HEALTH_INSURANCE_CARD)
        )
        birth = event.dossier.birth
        name = " ".join((birth.surname, birth.middle_name, birth.given_name))
        request = insurance.GetCardRequest(number=child, full_name=name, birth_date=birth.birth_date)
        answer: insurance.GetCardResponse = stub.GetCard(request)
        if answer.card.card_number != card:
            found.append(f"the card of {child} is not the one in its dossier")
    return found
