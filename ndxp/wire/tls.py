"""Mutual TLS: the certificates that a process shows and trusts, and the identifiers in them.

A folder has ``ca.pem``, and for each name of a process a file with its private key and its certificate. Behind a load
balancer that takes TLS without client certificates, it has ``front.pem`` instead, with the authority to trust.
"""

import hashlib
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
"""The prefix of the URI in a certificate; the subsystem's identifier follows."""

GATEWAY, CONTROL, REST = "gateway", "control", "rest"
"""The names of the exchange's own processes, which are not subsystems."""

FRONT = "front.pem"
"""The file with the authority of a load balancer in front of the gateways."""

CLASS = "class.pem"
"""The file with the certificate that the console of a class shows, or with its authority."""

ONLY_1_3 = {"GRPC_SSL_CIPHER_SUITES": "ECDHE-PSK-AES256-CBC-SHA"}
"""For the environment of a process that serves gRPC: TLS 1.3 only.

grpcio has no option for the version. This list applies to TLS 1.2 only; its one suite needs a shared key that nobody
has, so that TLS 1.2 always fails. gRPC reads it when it is imported.
"""


_END = "-----END CERTIFICATE-----"

_DIRECTLY = ("grpc.enable_http_proxy", 0)
"""Calls to the exchange do not go through the proxy that http_proxy names."""


class CertificateMissing(OSError):
    """A file with a certificate is missing or cannot be read; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM of the trusted authority, and of the process's own key and certificate; ``repr`` leaves the key out.

    ``own`` is empty for a caller without a certificate, behind a load balancer.
    """

    authority: bytes
    own: bytes = field(default=b"", repr=False)

    @classmethod
    def load(cls, folder: Path, name: str) -> Self:
        """Reads the files of a subsystem, ``GATEWAY`` or ``CONTROL`` from a folder. Raises CertificateMissing."""
        try:
            return cls((folder / "ca.pem").read_bytes(), file_of(folder, name).read_bytes())
        except OSError as error:
            raise CertificateMissing(
                f"{error.filename}: {error.strerror}; `ndxp up --tls` makes certificates for the members, "
                "`ndxp member cert` for one"
            ) from error

    @classmethod
    def front(cls, folder: Path) -> Self | None:
        """The authority for calls through the folder's load balancer; None when the folder has none."""
        try:
            return cls((folder / FRONT).read_bytes())
        except OSError:
            return None

    def client(self) -> grpc.ChannelCredentials:
        """Credentials for outgoing connections."""
        return grpc.ssl_channel_credentials(self.authority, self.own or None, self.own or None)

    def server(self) -> grpc.ServerCredentials:
        """Credentials for a port that requires certificates of its callers."""
        return grpc.ssl_server_credentials([(self.own, self.own)], self.authority, require_client_auth=True)

    def http2(self, *, server: bool) -> ssl.SSLContext:
        """A context for HTTP/2 in TLS 1.3, in either role; a server requires certificates of its callers."""
        context = trust(self.authority, server=server)
        context.set_alpn_protocols(["h2"])
        if self.own:
            with tempfile.NamedTemporaryFile() as file:  # the ssl module reads a chain from files only
                file.write(self.own)
                file.flush()
                context.load_cert_chain(file.name)
        return context

    def https(self) -> ssl.SSLContext:
        """A context for HTTPS to the control process."""
        return trust(self.authority)


def file_of(folder: Path, name: str) -> Path:
    """The file with key and certificate of a name; identifiers have no underscore, so names stay distinct."""
    return folder / f"{name.replace('/', '_')}.pem"


def uri_of(name: str) -> str:
    """The URI that names a subsystem in its certificate, ``urn:ndxp:VN/GOV/G24/health-insurance``."""
    return URN + quote(name, safe="/")


def trust(authority: bytes, *, server: bool = False) -> ssl.SSLContext:
    """A context that trusts one authority, in TLS 1.3; a ``server`` requires certificates of its callers."""
    purpose = ssl.Purpose.CLIENT_AUTH if server else ssl.Purpose.SERVER_AUTH
    context = ssl.create_default_context(purpose, cadata=authority.decode())
    if server:
        context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def certificates_of_class(folder: Path) -> bytes:
    """What a folder that has joined a class trusts at the class's console; empty in others, and without TLS."""
    path = folder / CLASS
    return path.read_bytes() if path.exists() else b""


def fingerprint_of(certificates: str) -> str:
    """The SHA-256 of the first of the certificates in PEM, in hexadecimal digits, as browsers show it."""
    first, end, _ = certificates.partition(_END)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first + end)).hexdigest()


def pinned(certificates: bytes) -> ssl.SSLContext:
    """A context that trusts these certificates, also one that is no authority's: then a server must show this one."""
    context = trust(certificates)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
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
    """Makes a server listen, in plaintext without ``tls``; returns the port. Raises OSError when it is in use."""
    try:
        if tls is None:
            return int(server.add_insecure_port(address))
        return int(server.add_secure_port(address, tls.server()))
    except RuntimeError as error:
        raise OSError(f"cannot listen on {address}; is the port in use?") from error


def only_1_3() -> bool:
    """Whether this process serves gRPC in TLS 1.3 only."""
    return all(os.environ.get(name) == value for name, value in ONLY_1_3.items())
