"""An attack: what it does, and which replies are allowed."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from drills.attacks.target import Outcome, Target

Act = Callable[[Target, random.Random], Outcome]
"""Makes one try; raises only for bugs of the drill. The random source makes tries different."""


@dataclass(frozen=True, slots=True)
class Attack:
    """``expected`` are the allowed replies. An unexpected reply that begins with "OK" means that it was let in.

    ``recorded``: it claims an identity, so the ledger must have the refusal, but not that of every try.
    """

    name: str
    act: Act
    expected: tuple[str, ...]
    recorded: bool = False
