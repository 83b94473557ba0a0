"""The sandbox for ``unittest``: a class to inherit from."""

import unittest
from typing import ClassVar

from ndxp.testing.exchange import RunningExchange
from ndxp.testing.run import RUN, turn
from ndxp.testing.sandbox import Sandbox


class SandboxCase(unittest.TestCase):
    """A test case with ``exchange``, one for all tests of this process, and with a ``sandbox`` for each test.

    The exchange is stopped when the process ends.
    """

    exchange: ClassVar[RunningExchange]
    sandbox: Sandbox

    @classmethod
    def setUpClass(cls) -> None:
        """Starts the exchange, unless an earlier class has."""
        super().setUpClass()
        cls.exchange = RUN.exchange()

    def setUp(self) -> None:
        """Makes the sandbox."""
        super().setUp()
        if RUN.shared is not None:
            self.enterContext(turn(self.exchange.folder, alone=False))
        self.sandbox = self.enterContext(Sandbox(self.exchange, self.id(), alone=RUN.shared is None))
