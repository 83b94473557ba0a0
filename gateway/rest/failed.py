"""A call that has failed, and what its caller hears."""

from collections.abc import Sequence

from ndxp.errors import RULES, Code, Reason
from ndxp.rpc import Answer
from ndxp.wire import status
from ndxp.wire.metadata import Pair


class Failed(Exception):
    """A call has failed, as ``failure`` says; ``trailing`` is the metadata that came with it."""

    def __init__(self, failure: status.Failure, trailing: Sequence[Pair] = ()) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.trailing = trailing

    @classmethod
    def of(cls, answer: Answer) -> "Failed":
        """The failure that an answer tells of."""
        return cls(status.read(answer.code, answer.text, answer.trailing), answer.trailing)


def wrong(why: str, transaction: str = "") -> Failed:
    """The failure of a request that the door cannot translate."""
    return Failed(
        status.Failure(
            Code.INVALID_ARGUMENT, why, Reason.REQUEST_MALFORMED, "door",
            "send one JSON object as `ndxp services describe METHOD` shows it", transaction_id=transaction,
            message_vi="Yêu cầu không đúng định dạng của dịch vụ.",
        )
    )  # fmt: skip


def refused(reason: Reason, why: str) -> Failed:
    """The failure of a request that the door itself does not take, with the code and the remedy of a reason."""
    rule = RULES[reason]
    return Failed(status.Failure(rule.code, why, reason, "door", rule.remedy, message_vi=rule.meaning_vi))
