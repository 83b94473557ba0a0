"""What was tried in a session: the last calls, in memory only."""

import time
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from console.trial import Call

MOST = 20
_LONGEST_REQUEST = 20_000
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A call of the session. ``request`` is its JSON, None for one that is too long to be kept."""

    method: str
    member: str
    provider: str
    purpose: str
    request: str | None
    outcome: str
    transaction_id: str
    micros: int = field(default_factory=lambda: int(time.time() * 1e6))
    number: int = field(default_factory=lambda: next(_numbers))


class History:
    """The last calls of a session, the latest first."""

    def __init__(self) -> None:
        self.calls: deque[Tried] = deque(maxlen=MOST)

    def keep(self, call: Call) -> None:
        """Keeps a call that has ended, in the place of the oldest."""
        asked = call.question
        self.calls.appendleft(
            Tried(
                method=asked.name, member=asked.member, provider=asked.provider, purpose=asked.purpose,
                request=asked.text if len(asked.text) <= _LONGEST_REQUEST else None,
                outcome=call.outcome, transaction_id=call.transaction_id,
            )
        )  # fmt: skip

    def numbered(self, number: str) -> Tried | None:
        """The call with a number, if it is kept."""
        return next((each for each in self.calls if str(each.number) == number), None)
