"""Message authentication codes (HMAC-SHA256) under keys that are used again and again."""

import hmac
from functools import lru_cache


def mac(key: bytes, message: bytes) -> bytes:
    """The 32 bytes that ``hmac.digest(key, message, "sha256")`` gives.

    The key is taken in once: on a call's way, between much other code, that takes half of the time.
    """
    code = _of(key).copy()
    code.update(message)
    return code.digest()


@lru_cache(maxsize=1000)
def _of(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")
