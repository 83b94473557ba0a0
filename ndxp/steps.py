"""The steps of a call through the gateway, in order: the pipeline runs them, refusals and explanations name them."""

from collections.abc import Callable
from enum import StrEnum


class CallStep(StrEnum):
    """What the gateway does with a call, in this order."""

    IDENTIFY = "identify"
    AUTHORISE = "authorise"
    ADMIT = "admit"
    RESOLVE = "resolve"
    JOURNAL = "journal"
    FAULT = "fault"
    FORWARD = "forward"
    ANSWER = "answer"

    @property
    def hop(self) -> str:
        """The place of a refusal in this step, as errors name it."""
        return f"gateway/{self}"


HOPS = (*(step.hop for step in CallStep), "agency", "door")
"""Every place where the exchange refuses a call; people read them in their language."""


def shown(step: str, say: Callable[[str], str]) -> str:
    """A step's name as people read it, in the language of ``say``: its hop without the gateway."""
    return say(f"gateway/{step}").rpartition("/")[2]
