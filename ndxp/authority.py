"""The certificate authority of an exchange: made once in a folder, gives certificates to members and processes.

Its key is in the same folder (0600), which is fine for learning and tests. A real exchange keeps it elsewhere.
"""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ndxp.whole_file import whole_file
from ndxp.wire.tls import Tls, file_of, uri_of

LOCAL = ("localhost", "127.0.0.1", "::1")
"""The hosts of a server on this machine."""

AUTHORITY_KEY = "ca-key.pem"
_CA = "ca.pem"
_CERTIFICATE = b"-----BEGIN CERTIFICATE"
_CA_LIFE, _LIFE, _RENEWED_BEFORE = (datetime.timedelta(days=days) for days in (3650, 365, 30))
_SKEW = datetime.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The contents of a certificate: validity, generation of credentials, and hosts if it is for a server."""

    since: datetime.datetime
    until: datetime.datetime
    generation: int
    hosts: tuple[str, ...]


class AuthorityMissing(OSError):
    """The authority's key is not in the folder; the text says what to do."""


class Authority:
    """Makes certificates in a folder. EC keys (P-256): every TLS library takes them."""

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.folder = folder
        self.certificate = certificate
        self.key = key

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The authority in a folder. Raises AuthorityMissing when its key or its certificate is not there."""
        try:
            key = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
            certificate = x509.load_pem_x509_certificate((folder / _CA).read_bytes())
        except FileNotFoundError as error:
            raise AuthorityMissing(
                f"{error.filename} is not there: who has the authority's key must make the certificate"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthorityMissing(f"{folder / AUTHORITY_KEY} holds no EC key; move it away to get a new authority")
        return cls(folder, certificate, key)

    @classmethod
    def open_or_create(cls, folder: Path) -> Self:
        """The authority in a folder; makes folder (0700), key and certificate (0600) when there is none."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / AUTHORITY_KEY).exists():
            key = ec.generate_private_key(ec.SECP256R1())
            name = _named("NDXP sandbox authority")
            made = _builder(name, name, key, _CA_LIFE)
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            certificate = made.add_extension(usage, critical=True).sign(key, hashes.SHA256())
            _write(folder / _CA, certificate.public_bytes(serialization.Encoding.PEM))
            _write(folder / AUTHORITY_KEY, _pem(key))
        return cls.open(folder)

    def ensure(self, name: str, generation: int | None = None, hosts: Sequence[str] | None = None) -> None:
        """Makes a certificate unless there is one of this authority, this generation and these hosts.

        None means the generation or the hosts of the present certificate. One that expires within a month is replaced.
        """
        now = datetime.datetime.now(datetime.UTC)
        known = read(file_of(self.folder, name))
        generation = generation if generation is not None else known.generation if known else 0
        hosts = tuple(hosts) if hosts is not None else known.hosts if known else ()
        if (
            known is None
            or not self._made(name)
            or known.generation != generation
            or set(known.hosts) != set(hosts)
            or known.until < now + _RENEWED_BEFORE
        ):
            self.issue(name, generation, hosts)

    def issue(
        self, name: str, generation: int = 0, hosts: Sequence[str] = (), life: datetime.timedelta = _LIFE
    ) -> Path:
        """Makes a key and a certificate, replacing existing ones; returns the file.

        It is valid for a client; with hosts also for a server on them.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _named("NDXP sandbox", generation)
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri_of(name)), *map(_host, hosts)]
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
        made = (
            _builder(subject, self.certificate.subject, key, life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        path = file_of(self.folder, name)
        _write(path, _pem(key) + made.public_bytes(serialization.Encoding.PEM))
        return path

    def hand_out(self, name: str, hosts: Sequence[str], folder: Path) -> None:
        """Makes the files of a server that wants two, ``tls.key`` and ``tls.crt``, and ``ca.crt``, which callers trust.

        What fits these hosts still is kept.
        """
        self.ensure(name, hosts=hosts)
        made = Tls.load(self.folder, name)
        key, begins, certificate = made.own.partition(_CERTIFICATE)
        for file, content in (("tls.key", key), ("tls.crt", begins + certificate), ("ca.crt", made.authority)):
            (folder / file).touch(mode=0o600)
            (folder / file).write_bytes(content)

    def _made(self, name: str) -> bool:
        try:
            certificate = x509.load_pem_x509_certificate(file_of(self.folder, name).read_bytes())
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


def read(path: Path) -> Certificate | None:
    """The contents of the certificate in a file; None when there is none."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None
    generations = found.subject.get_attributes_for_oid(NameOID.DN_QUALIFIER)
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))
    except x509.ExtensionNotFound:
        hosts = ()
    generation = int(str(generations[0].value)) if generations else 0
    return Certificate(found.not_valid_before_utc, found.not_valid_after_utc, generation, hosts)


def _named(organisation: str, generation: int = 0) -> x509.Name:
    """A subject; the generation of credentials is its last part, which gRPC writes first."""
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)]
    if generation:
        parts.append(x509.NameAttribute(NameOID.DN_QUALIFIER, str(generation)))
    return x509.Name(parts)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: datetime.timedelta
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + life)
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as file:
        file.write(content)
