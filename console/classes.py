"""The class of the exchange that the console shows; it may begin and end while the console runs."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from console.exchange import Exchange, Refused, Unanswered, translated
from ndxp.classroom.classroom import Classroom
from ndxp.classroom.kept import Kept
from ndxp.sandbox.state import State

_LOOK_EVERY = 1.0

_Given = TypeVar("_Given")


class Classes:
    """The class in the run folder, done as the operator. Other consoles have none."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._room: Classroom | None = None
        self._connecting = threading.Lock()
        self._looking = asyncio.Lock()
        self._looked = 0.0

    @property
    def there(self) -> bool:
        """Whether there is a class, and this console may hold it."""
        return self.exchange.role == "operator" and Kept.there(self.exchange.folder)

    async def ask(self, question: Callable[[Classroom], _Given]) -> _Given:
        """What a function of the class gives, called in a thread. Raises Unanswered and Refused."""
        return await asyncio.to_thread(self.now, question)

    def now(self, question: Callable[[Classroom], _Given]) -> _Given:
        """The same in this thread."""
        try:
            with translated():
                return question(self._connected())
        except Unanswered:
            self._look_where_it_is()
            raise

    async def look(self) -> None:
        """Checks the groups that have called, once a second at most. Raises Unanswered and Refused."""
        async with self._looking:  # many pages ask, one looks
            if time.monotonic() - self._looked >= _LOOK_EVERY:
                await self.ask(lambda room: room.look())
                self._looked = time.monotonic()

    def _look_where_it_is(self) -> None:
        """Forgets the connection to an exchange that has ended or moved; others may be using it still."""
        with self._connecting:
            if self._room is not None and State.read(self.exchange.folder) != self._room.operator.state:
                self._room = None

    def _connected(self) -> Classroom:
        with self._connecting:
            if self._room is None:
                if self.exchange.role != "operator":
                    raise Refused("the console of a class is the operator's: open it with `ndxp console`")
                self._room = Classroom.go_on(self.exchange.folder)
            return self._room
