"""Ports on this machine for processes that are about to start."""

import random
import socket
from collections.abc import Iterable

HOST = "127.0.0.1"

_BELOW_EPHEMERAL = range(20_000, 32_000)
"""Free ports are taken from here, where no connection that anybody opens meanwhile is given one by the system."""

_TRIES = 50


def free_port(but: Iterable[int] = ()) -> int:
    """A port that nobody has, and that nobody else who asks is given within a minute, in whatever process.

    It is none of ``but``. Raises OSError when none is found.
    """
    for port in random.sample(_BELOW_EPHEMERAL, _TRIES):
        if port not in but and reserve(port):
            return port
    raise OSError(f"{_TRIES} ports from {_BELOW_EPHEMERAL.start} on are in use; stop what uses them")


def taken(port: int) -> bool:
    """Whether somebody listens at a port. Raises OverflowError for what is no port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
        return False


def reserve(port: int) -> bool:
    """Whether nobody has a port; if so, only who knows of it gets it within the next minute.

    A connection that its server was the first to end stays with the kernel for a minute (TIME-WAIT, RFC 9293). Binding
    to its port takes SO_REUSEADDR meanwhile, which servers set, and which is not set here before binding.
    """
    with socket.socket() as listener:
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.listen()
        with socket.create_connection((HOST, port)) as caller:
            for accepted, peer in iter(listener.accept, None):
                accepted.close()
                if peer == caller.getsockname():  # and not somebody else, who looks for what was here before
                    break
            caller.recv(1)
    return True
