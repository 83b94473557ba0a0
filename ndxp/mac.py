"""Message authentication codes (HMAC-SHA256) with keys that are used many times."""

import hmac
from functools import lru_cache


def mac(key: bytes, message: bytes) -> bytes:
    """The 32 bytes that ``hmac.digest(key, message, "sha256")`` gives.

    The prepared key is cached, because preparing it takes half of the time during a call.
    """
    code = _of(key).copy()
    code.update(message)
    return code.digest()


@lru_cache(maxsize=1000)
def _of(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")
