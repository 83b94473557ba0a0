"""Addresses of providers, as gRPC's clients write them: host and port, a list of hosts, a name, a unix socket."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """One host: address and port, or the path of a unix socket."""

    ip: str = ""
    port: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """An address: what it says, the hosts that are fixed in it, and the name that stands for others.

    ``name`` is what a certificate has to be made out for.
    """

    text: str
    name: str
    hosts: tuple[Host, ...] = ()
    port: int = 0


def parse(address: str) -> Target:
    """Reads an address. Raises ValueError with a sentence for one that is none."""
    scheme, _, rest = address.partition(":")
    if scheme == "unix" and rest:
        return Target(address, "localhost", (Host(path=rest.removeprefix("//")),))
    if scheme in ("ipv4", "ipv6"):
        hosts = tuple(Host(*_split(part)) for part in rest.split(","))
        return Target(address, hosts[0].ip, hosts)
    name, port = _split(rest.rpartition("/")[2] if scheme == "dns" else address)
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return Target(address, name, port=port)
    return Target(address, name, (Host(name, port),))


async def resolve(loop: asyncio.AbstractEventLoop, target: Target) -> list[Host]:
    """The hosts that an address stands for now, each once. Raises OSError when its name is not known."""
    if target.hosts:
        return list(target.hosts)
    found = await loop.getaddrinfo(target.name, target.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(Host(str(address[0]), target.port) for *_, address in found))


def _split(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65_536:
        raise ValueError(f"{text[:100]!r} is no address: host:port is wanted")
    return host, int(port)
