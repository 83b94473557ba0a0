"""Whether the exchange would let a call through; no call is made."""

from dataclasses import dataclass

from gateway.core import endpoints, policy
from gateway.core.registry import Grant, Snapshot
from ndxp.errors import RULES, Reason, Refusal
from ndxp.language import ENGLISH, Speaker


@dataclass(frozen=True, slots=True)
class Decision:
    """The grant that fits; or the reason of the refusal, and the nearest grant if there is one."""

    provider: str = ""
    grant: Grant | None = None
    reason: Reason | None = None
    message: str = ""

    @property
    def remedy(self) -> str:
        """What to do about a refusal."""
        return RULES[self.reason].remedy if self.reason else ""


def decide(
    snapshot: Snapshot, client: str, method: str, *, provider: str, purpose: str, now: float, path: str = "",
    say: Speaker = ENGLISH,
) -> Decision:  # fmt: skip
    """What the exchange would decide about a call of ``method`` ("package.Service/Method") by a known subsystem.

    ``provider`` may be empty when there is only one; ``now`` is in seconds since 1970; ``path`` is that of a call of a
    REST service. Quota and load are not checked.
    """
    if snapshot.subsystems[client].disabled:
        return Decision(reason=Reason.MEMBER_DISABLED, message=say("{client} is disabled", client=client))
    chosen = ""
    try:
        endpoints.check_path(method, path)
        service = policy.choose_service(snapshot, method, provider, path, say=say)
        chosen = service.provider
        grant = policy.authorise(snapshot, client, service, method, purpose=purpose, now=now, path=path, say=say)
    except Refusal as refusal:
        named = refusal.metadata.get("grant")
        nearest = next((grant for grant in snapshot.registry.grants if grant.id == named), None)
        return Decision(chosen, nearest, refusal.reason, refusal.message)
    if service.disabled:
        message = say("{contract} of {provider} is disabled", contract=service.contract, provider=service.provider)
        return Decision(chosen, grant, Reason.SERVICE_DISABLED, message)
    return Decision(chosen, grant)
