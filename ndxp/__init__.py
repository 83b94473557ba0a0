"""What a member of the exchange installs: contracts, client, agency kit, the synthetic nation and the command."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ndxp.client import BlockingExchange
    from ndxp.retries import Retries

__version__ = "0.1.0"


def connect(subsystem: str, *, folder: str | Path = ".ndxp", retries: "Retries | bool" = True) -> "BlockingExchange":
    """A channel to the running exchange of a run folder, as a subsystem; use it in a ``with`` statement.

    A call that failed is sent again where that changes nothing twice; ``retries=False`` sends each call once.

    Raises NoSandbox when none runs there, TokenRefused for a subsystem that has no credentials in the folder.
    """
    from ndxp.client import BlockingExchange  # here, so that importing a contract does not load gRPC and HTTP clients
    from ndxp.sandbox.state import State

    state = State.running(Path(folder))
    return BlockingExchange(state.gateway, state.tokens(subsystem), retries=retries)
