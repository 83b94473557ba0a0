"""Whom the programs of a group trust: the certificate of the class's console, by its fingerprint or its authority."""

import re
import socket
import ssl
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from ndxp.address import Address
from ndxp.classroom.kept import ClassRefused
from ndxp.language import _
from ndxp.wire.tls import fingerprint_of, pinned

_PATIENCE = 10.0
_HTTPS = 443
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_BETWEEN = re.compile(r"[\s:]")


def trusted(url: str, fingerprint: str = "", authority: Path | None = None) -> bytes:
    """The certificates to trust at the URL of a class, in PEM; none where those of this machine do, or without TLS.

    Raises ClassRefused when the console does not show what it should, and for a URL without TLS on another machine.
    """
    try:
        at = urlsplit(url)
        place = Address(at.hostname or "", at.port or _HTTPS)
    except ValueError as error:
        raise silent(url, error) from error
    if at.scheme != "https":
        _only_here(url, at, wanted=bool(fingerprint or authority))
        return b""
    if authority is not None:
        return _of_authority(url, place, authority)
    shown = _shown(url, place)
    digits = fingerprint_of(shown)
    if not fingerprint:
        return _of_this_machine(url, place, digits)
    expected = _BETWEEN.sub("", fingerprint).lower()
    if not _FINGERPRINT.fullmatch(expected):
        raise ClassRefused(_("--fingerprint takes the 64 digits and letters a to f that your teacher shows"))
    if digits != expected:
        raise ClassRefused(
            _(
                "the certificate at {url} is not the one of your class: its fingerprint is {found}; do not go on, and "
                "tell your teacher",
                url=url,
                found=grouped(digits),
            )
        )
    certificates = shown.encode()
    _shake_hands(url, place, pinned(certificates))
    return certificates


def grouped(fingerprint: str) -> str:
    """A fingerprint as people read it, in groups of four digits."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def silent(url: str, error: Exception) -> ClassRefused:
    """The refusal for a URL at which no class answers."""
    return ClassRefused(
        _(
            "the class at {url} does not answer ({error}): ask your teacher for its URL, and join again with --at",
            url=url,
            error=type(error).__name__,
        )
    )


def _only_here(url: str, at: SplitResult, *, wanted: bool) -> None:
    """Raises ClassRefused unless a URL without TLS is of this machine, and no certificate was asked for."""
    if at.scheme == "http" and at.hostname and (wanted or not Address(at.hostname, 0).local):
        raise ClassRefused(
            _(
                "{url} has no TLS, so others could read what you send: use your teacher's URL with https://",
                url=url,
            )
        )


def _of_authority(url: str, place: Address, file: Path) -> bytes:
    try:
        certificates = file.read_bytes()
        context = pinned(certificates)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise ClassRefused(_("{file} holds no certificate of an authority: {error}", file=file, error=error)) from error
    _shake_hands(url, place, context)
    return certificates


def _of_this_machine(url: str, place: Address, digits: str) -> bytes:
    """Nothing, if an authority that this machine trusts vouches for the console."""
    try:
        _shake_hands(url, place, ssl.create_default_context())
    except ClassRefused as error:
        raise ClassRefused(
            _(
                "the certificate at {url} has the fingerprint {digits}: if your teacher shows the same one, "
                "join again with --fingerprint {digits}",
                url=url,
                digits=digits,
            )
        ) from error
    return b""


def _shown(url: str, place: Address) -> str:
    """The certificate that is shown at a place, whoever made it, in PEM."""
    try:
        return ssl.get_server_certificate((place.host, place.port), timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise silent(url, error) from error


def _shake_hands(url: str, place: Address, context: ssl.SSLContext) -> None:
    """Raises ClassRefused unless the certificate that is shown at a place is trusted, and is for this host."""
    try:
        with socket.create_connection((place.host, place.port), timeout=_PATIENCE) as plain:
            context.wrap_socket(plain, server_hostname=place.host).close()
    except ssl.SSLCertVerificationError as error:
        raise ClassRefused(
            _(
                "the certificate at {url} is not to be trusted ({why}): use the URL that your teacher shows, and tell "
                "your teacher if it is this one",
                url=url,
                why=error.verify_message,
            )
        ) from error
    except (OSError, ValueError) as error:
        raise silent(url, error) from error
