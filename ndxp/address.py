"""Addresses, ``host:port``: the only parser of them, for files, settings, commands and listeners."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Self

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_PART}(?:\.{_PART})*")
_PORT = re.compile(r"0|[1-9][0-9]{0,4}", re.ASCII)
_SCHEMES = frozenset({"unix", "unix-abstract", "vsock", "dns", "ipv4", "ipv6", "xds", "passthrough", "http", "https"})
_LAST = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """A host, which is a name or an IP address without brackets, and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, listening: bool = False) -> Self:
        """Reads ``host:port`` or ``[IPv6]:port``; port 0 (any free one) only when listening. Raises ValueError.

        A name that gRPC would take for a scheme, such as ``unix:1234`` for a socket, is refused.
        """
        host, _, port = text.rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not _host(bare, bracketed=bare != host) or not _PORT.fullmatch(port):
            raise ValueError(f"{text[:100]!r} is not host:port such as 127.0.0.1:50051 or [::1]:50051")
        if not (0 if listening else 1) <= int(port) <= _LAST:
            raise ValueError(f"{text[:100]!r}: a port is a number from 1 to {_LAST}")
        return cls(bare, int(port))

    @property
    def family(self) -> socket.AddressFamily:
        """The address family of a socket that listens here."""
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    @property
    def hosts(self) -> list[str]:
        """The hosts that a listener binds: ``::`` means every address of this machine, also IPv4, as in gRPC."""
        return ["::", "0.0.0.0"] if self.host == "::" else [self.host]  # noqa: S104 - the user asked for it

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it; any name except localhost counts as reachable by others."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def loopback(address: str) -> bool:
    """Whether only this machine can reach ``host:port``; any name except localhost counts as reachable by others."""
    try:
        return Address.parse(address, listening=True).local
    except ValueError:
        return False


def listening(address: str) -> str:
    """Returns an address to listen at unchanged. Raises ValueError when it is not an address."""
    Address.parse(address, listening=True)
    return address


def _host(host: str, *, bracketed: bool) -> bool:
    if bracketed:
        try:
            return ipaddress.ip_address(host).version == 6
        except ValueError:
            return False
    if host.lower() in _SCHEMES or not _NAME.fullmatch(host):
        return False
    if host.replace(".", "").isdigit():  # it must be an IPv4 address
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
    return True
