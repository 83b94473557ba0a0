"""An attack: what is done, and what may come of it."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from drills.attacks.target import Outcome, Target

Act = Callable[[Target, random.Random], Outcome]
"""Does it once; raises nothing but bugs of the drill. The source of chance makes each try another."""


@dataclass(frozen=True, slots=True)
class Attack:
    """``expected`` is all that may be said to it. What begins with "OK" and is not expected was let in.

    ``recorded`` says that it claims an identity, so that the ledger must have the refusal, if not of every try.
    """

    name: str
    act: Act
    expected: tuple[str, ...]
    recorded: bool = False
