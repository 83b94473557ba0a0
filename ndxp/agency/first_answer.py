"""Whether an answer is given again, because its request_id came before; then it names the first transaction."""

from contextvars import ContextVar


class FirstAnswer:
    """The transaction in which the answer under way was given first; empty when that is now."""

    __slots__ = ("transaction_id",)

    def __init__(self) -> None:
        self.transaction_id = ""


_current: ContextVar[FirstAnswer | None] = ContextVar("first_answer", default=None)


def note_in(first: FirstAnswer) -> None:
    """Begins a call: if its answer is given again, this learns it."""
    _current.set(first)


def gives_again(transaction_id: str) -> None:
    """Notes that the answer under way was given in this transaction first. Outside of a call it does nothing."""
    if (first := _current.get()) is not None:
        first.transaction_id = transaction_id
