"""The steps of a call through the gateway, in order: the pipeline runs them, refusals and explanations name them."""

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
