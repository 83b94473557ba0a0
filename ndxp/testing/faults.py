"""A fault for the calls of one test: on when it is made, gone at the end of its ``with`` statement or of the test."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ContextDecorator
from typing import Any, Self

from ndxp.sandbox.operator import Operator


class Fault(ContextDecorator):
    """A rule of the exchange that only the calls of one test meet; ``rule`` is its conditions and effects.

    It is on from the beginning. A ``with`` statement, or a function that it decorates, ends it; what uses it again
    sets it again. ``id`` is the name of the rule, as calls that met it show it.
    """

    def __init__(self, operator: Operator, rule: Mapping[str, Any], identify: Callable[[], str]) -> None:
        self._operator = operator
        self._rule = dict(rule)
        self._identify = identify
        self.id = ""
        self.set()

    def set(self) -> None:
        """Sets the rule, and returns when every gateway knows it. Raises AdminRefused for a rule that is wrong."""
        if not self.id:
            self._add()
            self._operator.wait()

    def remove(self) -> None:
        """Removes the rule, and returns when every gateway has forgotten it."""
        if self.id:
            self._operator.admin.send("DELETE", f"/faults/{self.id}")
            self.id = ""
            self._operator.wait()

    def move(self, consumer: str) -> None:
        """Makes it one for the calls of another subsystem; every gateway will know it soon."""
        self._rule["consumer"] = consumer
        if self.id:
            self._operator.admin.send("DELETE", f"/faults/{self.id}")
            self._add()

    def _add(self) -> None:
        body = [{**self._rule, "id": self._identify()}]
        self.id = self._operator.admin.send("POST", "/faults", body=body)[0]["id"]

    def forget(self) -> None:
        """Notes that the rule was removed with others."""
        self.id = ""

    def __enter__(self) -> Self:
        self.set()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def methods_in(method: str | Sequence[str]) -> list[str]:
    """Names of methods as a rule has them, without their contract."""
    named = [method] if isinstance(method, str) else method
    return [name.rpartition("/")[2] for name in named if name]
