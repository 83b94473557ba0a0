"""Whose certificate a connection was made with."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from ndxp.tls import URN

_GENERATION = re.compile(rb"dnQualifier=(\d{1,9})(?:,|$)")


@dataclass(frozen=True, slots=True)
class Certificate:
    """The subsystem that a certificate names, empty when it names none, and of which generation of its credentials."""

    client: str
    generation: int


def presented(peer: Mapping[str, Iterable[bytes]]) -> Certificate:
    """The certificate of a peer, as gRPC has verified it and describes it in the call's ``auth_context``.

    The generation comes first in the subject (which is written from its end): nothing that somebody has got into
    another part of it is taken for it.
    """
    uris = [uri.decode() for uri in peer.get("peer_uri", ())]
    client = unquote(uris[0].removeprefix(URN)) if len(uris) == 1 and uris[0].startswith(URN) else ""
    subject = next(iter(peer.get("x509_subject", ())), b"")
    generation = _GENERATION.match(subject)
    return Certificate(client, int(generation[1]) if generation else 0)
