"""Tests against a whole exchange: the pytest fixtures ``exchange`` and ``sandbox``, and the same without pytest.

``exchange`` is a whole exchange for the run of tests, on free ports, in a folder of its own; the workers of
pytest-xdist share one. ``sandbox`` is a subsystem for one test on it, with its own rights, quota, faults and view of
the ledger.
"""

from ndxp.sandbox.calls import Call, Calls
from ndxp.testing.answers import match
from ndxp.testing.case import SandboxCase
from ndxp.testing.exchange import RunningExchange
from ndxp.testing.faults import Fault
from ndxp.testing.run import start
from ndxp.testing.sandbox import Sandbox

__all__ = ["Call", "Calls", "Fault", "RunningExchange", "Sandbox", "SandboxCase", "match", "start"]

pytest_plugins = ["ndxp.testing.plugin"]
