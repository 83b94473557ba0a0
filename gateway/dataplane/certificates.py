"""The certificate with which a connection was made."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from cryptography import x509

from ndxp.wire.tls import URN

_GENERATION = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Certificate:
    """The subsystem that a certificate names, empty for none, and the generation of its credentials."""

    client: str
    generation: int


def presented(der: bytes) -> Certificate:
    """The certificate of a peer, which TLS has verified.

    The generation must be the only attribute of its kind in the subject, so that text in another part of the subject
    cannot be mistaken for it.
    """
    certificate = x509.load_der_x509_certificate(der)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (x509.ExtensionNotFound, ValueError):
        uris = []
    client = unquote(uris[0].removeprefix(URN)) if len(uris) == 1 and uris[0].startswith(URN) else ""
    said = [str(each.value) for each in certificate.subject.get_attributes_for_oid(x509.NameOID.DN_QUALIFIER)]
    return Certificate(client, int(said[0]) if len(said) == 1 and _GENERATION.fullmatch(said[0]) else 0)
