"""Private keys: made once, kept in a file of mode 0600."""

import os
from pathlib import Path
from secrets import token_bytes

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ndxp.whole_file import whole_file

_SECRET = 32


def load_or_create(path: Path) -> Ed25519PrivateKey:
    """The key in a PEM file; makes the file (0600) when there is none. Raises ValueError when it holds no such key."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} does not hold an Ed25519 key; move the file away to get a new one") from None
        return key
    key = Ed25519PrivateKey.generate()
    with os.fdopen(descriptor, "wb") as file:
        file.write(_pem(key))
    return key


def replace(path: Path, key: Ed25519PrivateKey) -> None:
    """Replaces the key in a PEM file (0600), completely or not at all."""
    with whole_file(path) as file:
        file.write(_pem(key))


def load_or_create_secret(path: Path) -> bytes:
    """32 secret bytes in a file (0600), made when there is none. Raises ValueError when it holds something else."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) != _SECRET:
            raise ValueError(f"{path} does not hold {_SECRET} bytes; put the right one back from a backup") from None
        return secret
    secret = token_bytes(_SECRET)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
    return secret


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
