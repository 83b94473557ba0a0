"""Certificates: none, foreign, expired, of another member. For an exchange with TLS."""

import datetime
import random
import socket
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from drills.attacks.attack import Attack
from drills.attacks.target import CLIENT, OTHER, POPULATION, VERIFY, Outcome, Target, send, somebody
from ndxp.authority import Authority
from ndxp.client import OPTIONS
from ndxp.wire.tls import CONTROL, GATEWAY, Tls, connect, uri_of

_NO_CONNECTION = ("UNAVAILABLE",)
_INVALID = ("UNAUTHENTICATED CERTIFICATE_INVALID",)
_ONLY = ("PERMISSION_DENIED GATEWAY_ONLY",)
_Make = Callable[[Target, Path], Tls | None]


def attacks(_: Target) -> list[Attack]:
    """All of them, each with a valid token of ``CLIENT``."""
    refused: dict[str, _Make] = {
        "no TLS": lambda _target, _folder: None,
        "of oneself": _of_oneself,
        "of another authority": partial(_made, foreign=True),
        "expired": partial(_made, life=-60),
    }
    another: dict[str, _Make] = {
        "of another member": lambda target, _: _own(target, OTHER),
        "of an agency": lambda target, _: _own(target, POPULATION),
        "of the gateway itself": lambda target, _: _own(target, GATEWAY),
        "of control": lambda target, _: _own(target, CONTROL),
        "of nobody": partial(_made, name="VN/GOV/H99/nobody"),
        "of a name that goes on": partial(_made, name=f"{CLIENT}/../../H29/one-stop"),
        "of a generation to come": partial(_made, generation=99),
    }
    return [
        *(Attack(name, partial(_call, make), _NO_CONNECTION) for name, make in refused.items()),
        Attack("none", _without, _NO_CONNECTION),
        Attack("TLS 1.2", _old, ("closed",)),
        *(Attack(name, partial(_call, make), _INVALID, recorded=True) for name, make in another.items()),
        Attack("an agency reached by a member", partial(_agency, CLIENT), _ONLY),
        Attack("an agency reached by another agency", partial(_agency, "VN/GOV/G01/passports"), _ONLY),
        Attack("an agency reached by the gateway's certificate, no assertion", partial(_agency, GATEWAY), _ONLY),
    ]


def _own(target: Target, name: str) -> Tls:
    return Tls.load(target.state.tls_folder, name)


def _call(make: _Make, target: Target, _: random.Random) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        tls = make(target, Path(folder))
    with connect(target.state.gateway, tls, OPTIONS) as channel:
        return send(channel, VERIFY, somebody(), target.identity())


def _without(target: Target, _: random.Random) -> Outcome:
    credentials = grpc.ssl_channel_credentials(_own(target, CLIENT).authority)
    with grpc.secure_channel(target.state.gateway, credentials, options=OPTIONS) as channel:
        return send(channel, VERIFY, somebody(), target.identity())


def _agency(name: str, target: Target, _: random.Random) -> Outcome:
    with connect(target.address(POPULATION), _own(target, name), OPTIONS) as channel:
        return send(channel, VERIFY, somebody(), target.identity())


def _made(
    target: Target, folder: Path, *, name: str = CLIENT, life: int = 60, generation: int = 0, foreign: bool = False
) -> Tls:
    """Makes a certificate as the exchange's authority, or a foreign one, would."""
    authority = Authority.open_or_create(folder)
    if not foreign:
        own = Authority.open(target.state.tls_folder)
        authority = Authority(folder, own.certificate, own.key)
    file = authority.issue(name, generation, life=datetime.timedelta(seconds=life))
    return replace(_own(target, CLIENT), own=file.read_bytes())


def _of_oneself(target: Target, _: Path) -> Tls:
    """Makes a self-signed certificate with the right name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name(()), datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri_of(CLIENT))])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + datetime.timedelta(minutes=1))
        .add_extension(names, critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    own = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
    return replace(_own(target, CLIENT), own=own)


def _old(target: Target, _: random.Random) -> Outcome:
    tls = _own(target, CLIENT)
    context = ssl.create_default_context(cadata=tls.authority.decode())
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.NamedTemporaryFile() as file:
        file.write(tls.own)
        file.flush()
        context.load_cert_chain(file.name)
    host, _colon, port = target.state.gateway.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            with context.wrap_socket(raw, server_hostname=host) as made:
                return Outcome(f"OK {made.version()}")
    except OSError:
        return Outcome("closed")
