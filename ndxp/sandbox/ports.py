"""Ports on this machine for processes that are about to start."""

import random
import socket
from collections.abc import Iterable

import psutil

from ndxp.address import Address
from ndxp.language import _

HOST, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104
"""Where processes listen for this machine only, and for other machines too."""

_BELOW_EPHEMERAL = range(20_000, 32_000)
"""Free ports are taken from this range, from which the system gives no ports to connections."""

_TRIES = 50


def own_address() -> str:
    """An IPv4 address of this machine in a network; an example when it is in none."""
    found = (each.address for own in psutil.net_if_addrs().values() for each in own if each.family == socket.AF_INET)
    return next((address for address in found if not Address(address, 0).local), "192.168.1.20")


def free_port(but: Iterable[int] = ()) -> int:
    """A free port; no other call of this function, in any process, returns it within a minute.

    It is not one of ``but``. Raises OSError when none is found.
    """
    for port in random.sample(_BELOW_EPHEMERAL, _TRIES):
        if port not in but and reserve(port):
            return port
    raise OSError(
        _("{number} ports from {first} on are in use; stop what uses them", number=_TRIES, first=_BELOW_EPHEMERAL.start)
    )


def taken(port: int) -> bool:
    """Whether a process listens at a port. Raises OverflowError for an invalid number."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
        return False


def reserve(port: int) -> bool:
    """Whether a port is free; if so, it is reserved for the next minute.

    The reservation is a connection that its server has closed first: the kernel keeps it for a minute (TIME-WAIT, RFC
    9293). Meanwhile only a socket with SO_REUSEADDR can bind to the port: servers set that, this function does not.
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
                if peer == caller.getsockname():  # and not a foreign client that looks for an earlier server
                    break
            caller.recv(1)
    return True
