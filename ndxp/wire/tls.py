"""Mutual TLS: the certificates that a process shows and trusts, and the identifiers in them.

A folder holds ``ca.pem``, and for each name that a process goes by a file with its private key and its certificate.
Where a load balancer takes TLS and asks nobody for a certificate, it holds ``front.pem`` instead: whom to trust.
"""

import os
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import grpc

URN = "urn:ndxp:"
"""What the URI in a certificate begins with; the subsystem's identifier follows."""

GATEWAY, CONTROL = "gateway", "control"
"""The names of the exchange's own processes, which are no subsystems."""

FRONT = "front.pem"
"""The file with the authority of a load balancer before the gateways."""

ONLY_1_3 = {"GRPC_SSL_CIPHER_SUITES": "ECDHE-PSK-AES256-CBC-SHA"}
"""For the environment of a process that serves gRPC: TLS 1.3 only.

grpcio has no option for the version. This list is for TLS 1.2 alone; the one suite in it needs a shared key that nobody
has, so that 1.2 finds none. gRPC reads it when it is imported.
"""


_DIRECTLY = ("grpc.enable_http_proxy", 0)
"""An exchange is no web site: what it carries does not go through the proxy that http_proxy names."""


class CertificateMissing(OSError):
    """A file with a certificate is missing or cannot be read; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM of the authority that is trusted, and of one's own key and certificate; the key is left out of ``repr``.

    ``own`` is empty for who shows none, to a load balancer.
    """

    authority: bytes
    own: bytes = field(default=b"", repr=False)

    @classmethod
    def load(cls, folder: Path, name: str) -> Self:
        """What a subsystem, ``GATEWAY`` or ``CONTROL`` needs, from a folder. Raises CertificateMissing."""
        try:
            return cls((folder / "ca.pem").read_bytes(), file_of(folder, name).read_bytes())
        except OSError as error:
            raise CertificateMissing(
                f"{error.filename}: {error.strerror}; `ndxp up --tls` makes certificates for the members, "
                "`ndxp member cert` for one"
            ) from error

    @classmethod
    def front(cls, folder: Path) -> Self | None:
        """What everybody needs who calls through the load balancer that a folder knows; None when it knows none."""
        try:
            return cls((folder / FRONT).read_bytes())
        except OSError:
            return None

    def client(self) -> grpc.ChannelCredentials:
        """For connections to others."""
        return grpc.ssl_channel_credentials(self.authority, self.own or None, self.own or None)

    def server(self) -> grpc.ServerCredentials:
        """For a port that asks everybody for a certificate."""
        return grpc.ssl_server_credentials([(self.own, self.own)], self.authority, require_client_auth=True)

    def http2(self, *, server: bool) -> ssl.SSLContext:
        """For HTTP/2 in TLS 1.3, in either role; a server asks everybody for a certificate."""
        context = trust(self.authority, server=server)
        context.set_alpn_protocols(["h2"])
        if self.own:
            with tempfile.NamedTemporaryFile() as file:  # the ssl module takes a chain from files only
                file.write(self.own)
                file.flush()
                context.load_cert_chain(file.name)
        return context

    def https(self) -> ssl.SSLContext:
        """For HTTPS to the control process."""
        return trust(self.authority)


def file_of(folder: Path, name: str) -> Path:
    """The file with key and certificate of a name; an underscore is in no identifier."""
    return folder / f"{name.replace('/', '_')}.pem"


def uri_of(name: str) -> str:
    """The URI that names a subsystem in its certificate, ``urn:ndxp:VN/GOV/G24/health-insurance``."""
    return URN + quote(name, safe="/")


def trust(authority: bytes, *, server: bool = False) -> ssl.SSLContext:
    """Trusts certificates of one authority, in TLS 1.3; a ``server`` asks its callers for one."""
    purpose = ssl.Purpose.CLIENT_AUTH if server else ssl.Purpose.SERVER_AUTH
    context = ssl.create_default_context(purpose, cadata=authority.decode())
    if server:
        context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def connect(target: str, tls: Tls | None, options: Sequence[tuple[str, Any]] = ()) -> grpc.Channel:
    """A channel, in plaintext without ``tls``."""
    options = (*options, _DIRECTLY)
    if tls is None:
        return grpc.insecure_channel(target, options=options)
    return grpc.secure_channel(target, tls.client(), options=options)


def connect_aio(
    target: str,
    tls: Tls | None,
    options: Sequence[tuple[str, Any]] = (),
    interceptors: "Sequence[grpc.aio.ClientInterceptor] | None" = None,
) -> grpc.aio.Channel:
    """A channel for asyncio, in plaintext without ``tls``."""
    options = (*options, _DIRECTLY)
    if tls is None:
        return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)
    return grpc.aio.secure_channel(target, tls.client(), options=options, interceptors=interceptors)


def listen(server: grpc.aio.Server, address: str, tls: Tls | None) -> int:
    """Gives a server a port, in plaintext without ``tls``; returns its number. Raises OSError when it is taken."""
    try:
        if tls is None:
            return int(server.add_insecure_port(address))
        return int(server.add_secure_port(address, tls.server()))
    except RuntimeError as error:
        raise OSError(f"cannot listen on {address}; is the port in use?") from error


def only_1_3() -> bool:
    """Whether this process serves gRPC in TLS 1.3 only."""
    return all(os.environ.get(name) == value for name, value in ONLY_1_3.items())
