"""Pages of a list, as AIP-158 asks: a limited size, and a token for the next page."""

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ndxp.agency.caller import caller
from ndxp.errors import AgencyError, invalid_argument

_PLACE_BYTES = 8
_KEY_BITS = 256


class Places:
    """Page tokens: only the caller who got a token can use it, and only for the same list.

    A token is sealed (AES-SIV, RFC 5297) for caller, method and list. It hides the place, and the same place always has
    the same token. Every text that is not a token for this caller and list gets the same refusal.
    """

    def __init__(self, key: bytes) -> None:
        """``key`` comes from ``new_key``; all processes of an agency have the same one."""
        self._cipher = AESSIV(key)

    @staticmethod
    def new_key() -> bytes:
        """Makes a key for the tokens of one agency."""
        return AESSIV.generate_key(_KEY_BITS)

    def token(self, place: int, *about: str) -> str:
        """The token of a place; ``about`` names the list among the lists of the running method."""
        sealed = self._cipher.encrypt(place.to_bytes(_PLACE_BYTES), _bound(about))
        return base64.urlsafe_b64encode(sealed).decode()

    def place(self, token: str, *about: str) -> int | None:
        """The place that a token names, 0 for an empty one; None for anything else than a token for this list."""
        if not token:
            return 0
        try:
            sealed = base64.b64decode(token, altchars="-_", validate=True)
            return int.from_bytes(self._cipher.decrypt(sealed, _bound(about)))
        except (ValueError, InvalidTag):
            return None

    def start(self, page_token: str, *about: str) -> int:
        """The place after which a page begins, 0 for the first page; raises AgencyError for an invalid token."""
        if (place := self.place(page_token, *about)) is None:
            raise _not_ours()
        return place


def page_start(page_token: str) -> int:
    """The place that a token of a public list names; raises AgencyError for an invalid token."""
    if page_token and not (page_token.isascii() and page_token.isdigit() and len(page_token) < 19):
        raise _not_ours()
    return int(page_token or 0)


def page_limit(page_size: int, largest: int = 500) -> int:
    """How many entries a page holds: 50 unless asked, ``largest`` at most; raises AgencyError when negative."""
    if page_size < 0:
        raise invalid_argument("PAGE_SIZE_INVALID", "page_size must not be negative", "page_size")
    return min(page_size or 50, largest)


def _bound(about: tuple[str, ...]) -> list[bytes]:
    assertion = caller().assertion
    return [part.encode() for part in (assertion.client, assertion.method, *about)]


def _not_ours() -> AgencyError:
    return invalid_argument(
        "PAGE_TOKEN_INVALID", "page_token must be the next_page_token of the page before, or empty", "page_token"
    )
