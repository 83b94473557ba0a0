"""Quotas: what a worker decides alone, and what it asks the bucket that all workers share.

The bucket is in the store (``gateway/buckets.lua``). A worker leases a few of its tokens and spends them on calls. It
asks for more before they are used up, returns unused ones, and remembers for how long the bucket is empty. So most
calls, and nearly all refusals, are decided without the store.
"""

import math
from dataclasses import dataclass

from gateway.core.registry import Quota
from ndxp.errors import Reason, Refusal

LEASE = 2.0
"""Seconds for which a worker may use leased tokens."""

SETTLED = 0.25
"""Seconds after which a worker reports the tokens that it has used, if it has no other reason to ask."""

_AHEAD = 0.1
"""A worker leases tokens for so many seconds of its recent demand."""

_KEPT_LEAST, _KEPT_MOST = 64, 8
"""While there are calls, a worker leases at least a 64th and at most an 8th of the burst."""

_SURE = 1.0
"""Longest time in seconds for which a worker takes the bucket as empty without asking again."""

_SHORTEST_BURST = 0.2
"""A burst is worth at least so many seconds of the rate, because workers cannot agree faster."""


def depth(quota: Quota) -> int:
    """The size of the bucket: the burst, or a fifth of a second of the rate if that is more."""
    return max(quota.burst, math.ceil(quota.rate * _SHORTEST_BURST))


@dataclass(frozen=True, slots=True)
class Ask:
    """A worker's request for one consumer; all fields are numbers of calls.

    ``spent`` were let in with leased tokens since the last request, ``back`` are returned, ``need`` calls wait for the
    answer, ``ahead`` are asked for as a lease. Tokens for waiting calls count as used when they are given; if one is
    not used after all, the next request has a negative ``spent``.
    """

    spent: int
    back: int
    need: int
    ahead: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bucket gives: for waiting calls, and as a lease. ``wait`` is the time in seconds until it has more.

    ``daily`` says that the quota of the day is used up.
    """

    needed: int
    ahead: int
    wait: float = 0.0
    daily: bool = False


NO_ANSWER = Answer(needed=0, ahead=0)
"""The store does not answer: the worker gets nothing."""


class Allowance:
    """What one worker knows about one consumer. ``now`` is seconds on any steady clock.

    ``quota`` is the quota at the last call. ``in_flight`` calls are under way, and ``waiting`` of them wait for the
    bucket's answer. ``asking`` belongs to the code that asks the bucket.
    """

    __slots__ = (
        "_ahead", "_asked", "_asked_at", "_daily", "_demand", "_dry_until", "_expires", "_not_before", "_pace",
        "_silent", "_spent", "_tokens", "asking", "in_flight", "quota", "waiting",
    )  # fmt: skip

    def __init__(self, quota: Quota, now: float) -> None:
        self.quota = self._asked = quota
        self._tokens = 0
        self._expires = 0.0
        self._spent = 0
        self._ahead = 0
        self._demand = 0
        self._pace = 0.0
        self._asked_at = now
        self._not_before = 0.0
        self._dry_until = 0.0
        self._daily = False
        self._silent = False
        self.asking = False
        self.in_flight = 0
        self.waiting = 0

    def enter(self, client: str, quota: Quota) -> None:
        """Counts a call in; raises Refusal (QUOTA_EXCEEDED) when the limit of calls in flight is reached here."""
        if self.in_flight >= quota.in_flight:
            raise Refusal(
                Reason.QUOTA_EXCEEDED,
                f"{client} has {self.in_flight} calls in flight; {quota.in_flight} are allowed",
                retry_after=0.1,
                metadata={"limit": "in_flight", "allowed": str(quota.in_flight)},
            )
        self.in_flight += 1
        self._demand += 1

    def leave(self) -> None:
        """The call is over."""
        self.in_flight -= 1

    def take(self, client: str, quota: Quota, now: float) -> bool:
        """Takes a token for a call; returns False when the bucket must be asked first.

        Raises Refusal (QUOTA_EXCEEDED) with the time to wait when the bucket is known to be empty.
        """
        if quota is not self.quota:
            if quota != self.quota:
                self._expires = self._not_before = 0.0
            self.quota = quota
        if self._tokens and now < self._expires:
            self._tokens -= 1
            self._spent += 1
            return True
        if now < self._not_before:
            raise self._exceeded(client, quota, max(self._dry_until, self._not_before) - now)
        return False

    def short(self, now: float) -> bool:
        """Whether it is time to lease more tokens."""
        return self._tokens <= self._ahead >> 1 and self._ahead > 0 and now >= self._not_before

    def due(self, now: float) -> bool:
        """Whether this worker should report to the bucket although no call waits."""
        return (self._spent != 0 and now >= self._asked_at + SETTLED) or (self._tokens > 0 and now >= self._expires)

    @property
    def settled(self) -> bool:
        """Whether the worker has nothing left to report or to return."""
        return not (self._tokens or self._spent or self.waiting)

    def ask(self, now: float) -> Ask:
        """The next request to the bucket; it must not be made before the last one is answered."""
        elapsed = max(now - self._asked_at, 0.001)
        weight = min(1.0, elapsed / _AHEAD)
        self._pace += weight * (self._demand / elapsed - self._pace)
        back = 0
        if now >= self._expires:
            back, self._tokens = self._tokens, 0
        most = depth(self.quota)
        kept = min(max(int(self._pace * _AHEAD), most // _KEPT_LEAST), most // _KEPT_MOST)
        self._ahead = kept if self._demand else 0
        spent, self._spent = self._spent, 0
        self._demand, self._asked_at, self._asked = 0, now, self.quota
        return Ask(spent, back, self.waiting, max(0, self._ahead - self._tokens))

    def learn(self, ask: Ask, answer: Answer, now: float, pause: float) -> None:
        """Takes the bucket's answer; an empty bucket is not asked again for ``pause`` seconds at least."""
        self._tokens += answer.needed + answer.ahead
        self._spent -= answer.needed
        self._daily = answer.daily
        self._silent = answer is NO_ANSWER
        if self._silent or self.quota != self._asked:
            self._expires, self._not_before = 0.0, now + pause if self._silent else 0.0
            return  # tokens of the old quota go back, and calls that it refused ask again
        self._expires = self._asked_at + LEASE
        if answer.needed + answer.ahead < ask.need + ask.ahead:
            self._dry_until = now + answer.wait
            self._not_before = now + min(max(answer.wait, pause), _SURE)
        else:
            self._not_before = 0.0

    def _exceeded(self, client: str, quota: Quota, wait: float) -> Refusal:
        if self._silent:
            return Refusal(Reason.JOURNAL_UNAVAILABLE, "the store that counts the calls does not answer", retry_after=1)
        if self._daily:
            return Refusal(
                Reason.QUOTA_EXCEEDED,
                f"{client} has used up the {quota.daily} calls of this day (UTC)",
                retry_after=wait,
                metadata={"limit": "daily", "allowed": str(quota.daily)},
            )
        return Refusal(
            Reason.QUOTA_EXCEEDED,
            f"{client} makes more than the {quota.rate:g} calls a second it is allowed",
            retry_after=wait,
            metadata={"limit": "rate", "allowed": f"{quota.rate:g}/s"},
        )


class Bucket:
    """A token bucket in this worker; ``now`` is seconds on any steady clock."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = self._burst
        self._at = now

    def take(self, now: float) -> bool:
        """Takes a token; returns False when there is none."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
