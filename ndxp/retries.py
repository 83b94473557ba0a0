"""Which calls are sent again: after which failures, after how long a pause, and within which budget."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import MethodOptions

from ndxp.errors import Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How calls are sent again; times are in seconds.

    A pause is any time up to ``first_pause``, which doubles for each further attempt up to ``longest_pause``; the time
    that the exchange asks for in ``RetryInfo`` comes before it. So callers who failed together do not return together.

    Calls to one contract have a budget of ``tokens``, as gRPC's own retry throttling has it: a failed attempt takes
    one, an answer gives ``ratio`` back, and a call is sent again only while more than half of the tokens are left. So
    an agency that is down gets hardly more calls than its callers make.

    ``hedge`` names contracts whose reading calls get a second copy when there is no answer after so many seconds:
    whichever answers first counts, and the other one is cancelled. A copy takes a token too.
    """

    attempts: int = 3
    first_pause: float = 0.1
    longest_pause: float = 2.0
    tokens: int = 10
    ratio: float = 0.1
    hedge: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.tokens < 1 or self.ratio < 0 or self.first_pause < 0 or self.longest_pause < 0:
            raise ValueError("retries: at least one attempt and one token, and neither ratio nor pauses below 0")
        if wrong := [contract for contract, delay in self.hedge.items() if "/" in contract or delay < 0]:
            raise ValueError(f"retries: hedge names contracts with seconds from 0 on, and not so for {wrong[0]!r}")


class Budget:
    """The tokens of the calls to one contract. Threads may share it: an update that is lost changes little."""

    __slots__ = ("_left", "_most", "_ratio")

    def __init__(self, tokens: int, ratio: float) -> None:
        self._most = self._left = float(tokens)
        self._ratio = ratio

    @property
    def enough(self) -> bool:
        """Whether a call may be sent once more."""
        return self._left > self._most / 2

    def spend(self) -> None:
        """An attempt failed, or a copy was sent."""
        self._left = max(0.0, self._left - 1)

    def earn(self) -> None:
        """A call was answered."""
        self._left = min(self._most, self._left + self._ratio)


class Attempts:
    """The attempts of one call. ``ends`` is its deadline, on the clock of ``now``.

    ``number`` is that of the latest attempt; ``repeatable`` says that there may be another one. ``hedge`` is after how
    many seconds a second copy is sent, None for never.
    """

    __slots__ = ("_budget", "_retries", "ends", "hedge", "number", "repeatable")

    def __init__(
        self, retries: Retries, budget: Budget, ends: float, *, repeatable: bool, hedge: float | None = None
    ) -> None:
        self._retries = retries
        self._budget = budget
        self.ends = ends
        self.repeatable = repeatable and retries.attempts > 1
        self.hedge = hedge if self.repeatable else None
        self.number = 0

    def next(self) -> int:
        """Counts the attempt that is sent now, and gives its number."""
        self.number += 1
        return self.number

    def answered(self) -> None:
        """The call has its answer."""
        self._budget.earn()

    def pause(self, code: Code, retry_after: float | None, now: float) -> float | None:
        """The latest attempt failed: how long to wait before the next one; None when this failure is final.

        ``retry_after`` is what the other side asks for, in seconds, None when it asks for nothing.
        """
        if not passing(code, retry_after):
            return None
        self._budget.spend()
        retries = self._retries
        if not self.repeatable or self.number >= retries.attempts or not self._budget.enough:
            return None
        longest = min(retries.longest_pause, retries.first_pause * 2.0 ** (self.number - 1))
        pause = (retry_after or 0.0) + random.uniform(0, longest)
        return pause if now + pause < self.ends else None

    def may_copy(self) -> bool:
        """Whether a second copy is sent now; it takes its token."""
        if self.number >= self._retries.attempts or not self._budget.enough:
            return False
        self._budget.spend()
        return True


class Policy:
    """The retries of one connection to the exchange, with a budget for each contract."""

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._budgets: defaultdict[str, Budget] = defaultdict(lambda: Budget(retries.tokens, retries.ratio))

    def begin(self, path: str, requests: Iterable[object], ends: float) -> Attempts:
        """The attempts of a call to ``/package.Service/Method`` with these requests."""
        contract = path.strip("/").partition("/")[0]
        reads = changes_nothing(path)
        return Attempts(
            self._retries, self._budgets[contract], ends,
            repeatable=reads or all(getattr(request, "request_id", "") for request in requests),
            hedge=self._retries.hedge.get(contract) if reads else None,
        )  # fmt: skip


def passing(code: Code, retry_after: float | None) -> bool:
    """Whether the same call may be answered a moment later: the other side was away, or it says from when on."""
    return code is Code.UNAVAILABLE or (code is Code.RESOURCE_EXHAUSTED and retry_after is not None)


def changes_nothing(path: str) -> bool:
    """Whether the contract says so of ``/package.Service/Method``; False for a contract that is not imported."""
    try:
        return _changes_nothing(path)
    except KeyError:
        return False


@lru_cache(maxsize=4096)
def _changes_nothing(path: str) -> bool:
    method = descriptor_pool.Default().FindMethodByName(path.strip("/").replace("/", "."))
    return bool(method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS)
