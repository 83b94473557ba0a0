"""How much each consumer may ask: a token bucket and a limit of calls in flight, per worker."""

from gateway.core.registry import Quota
from ndxp.errors import Reason, Refusal


class Allowance:
    """What one consumer has left. ``now`` is seconds on any steady clock."""

    __slots__ = ("_at", "_tokens", "in_flight")

    def __init__(self, quota: Quota, now: float) -> None:
        self._tokens = float(quota.burst)
        self._at = now
        self.in_flight = 0

    def take(self, client: str, quota: Quota, now: float) -> None:
        """Takes one call in; raises Refusal (QUOTA_EXCEEDED) with the time to wait when nothing is left."""
        if self.in_flight >= quota.in_flight:
            raise Refusal(
                Reason.QUOTA_EXCEEDED, f"{client} has {self.in_flight} calls in flight; {quota.in_flight} are allowed",
                retry_after=0.1, metadata={"limit": "in_flight", "allowed": str(quota.in_flight)},
            )  # fmt: skip
        self._tokens = min(float(quota.burst), self._tokens + (now - self._at) * quota.rate)
        self._at = now
        if self._tokens < 1:
            raise Refusal(
                Reason.QUOTA_EXCEEDED, f"{client} asks more than the {quota.rate:g} calls a second it is allowed",
                retry_after=(1 - self._tokens) / quota.rate,
                metadata={"limit": "rate", "allowed": f"{quota.rate:g}/s"},
            )  # fmt: skip
        self._tokens -= 1
        self.in_flight += 1

    def give_back(self) -> None:
        """The call is over."""
        self.in_flight -= 1
