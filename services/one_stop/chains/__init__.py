"""The chains: for each matter the agencies that a dossier goes through, in order. A file here is an agency's steps."""

from collections.abc import Sequence

from ndxp.one_stop.v1 import one_stop_pb2 as pb
from services.one_stop.chains.civil_status import REGISTER_BIRTH, REGISTER_DEATH
from services.one_stop.chains.land import TRANSFER_LAND
from services.one_stop.chains.residence import REGISTER_RESIDENCE, REMOVE_RESIDENCE
from services.one_stop.chains.social_security import CLAIM_ALLOWANCES, ISSUE_CARD
from services.one_stop.chains.step import Outcome, Progress, Step, refused
from services.one_stop.rules import matter_of

CHAINS: dict[str, Sequence[Step]] = {
    "birth": (REGISTER_BIRTH, REGISTER_RESIDENCE, ISSUE_CARD),
    "death": (REGISTER_DEATH, REMOVE_RESIDENCE, CLAIM_ALLOWANCES),
    "land": (TRANSFER_LAND,),
}
"""By matter, and of linked events by the kind of event. What is not here is moved on by hand."""

STEPS = {step.name: step for chain in CHAINS.values() for step in chain}

__all__ = ["STEPS", "Outcome", "Progress", "Step", "chain_of", "next_step", "refused"]


def chain_of(dossier: pb.Dossier) -> Sequence[Step]:
    """The steps of a dossier that are wanted; none when it is moved on by hand."""
    return [step for step in CHAINS.get(matter_of(dossier), ()) if step.wanted(dossier)]


def next_step(dossier: pb.Dossier, after: Step) -> Step | None:
    """The step that follows on another; None after the last."""
    chain = chain_of(dossier)
    following = chain[chain.index(after) + 1 :]
    return following[0] if following else None
