"""The public half of an Ed25519 key as a JWK (RFC 8037)."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def public_jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    """The public half; its ``kid`` is the RFC 7638 thumbprint."""
    x = base64url(key.public_key().public_bytes_raw())
    thumbprint = sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": base64url(thumbprint), "alg": "EdDSA", "use": "sig"}


def base64url(data: bytes) -> str:
    """Bytes in base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
