"""Whose a stored object is: it belongs to the subsystem that filed it and to the member that keeps it.

For everybody else it does not exist: whoever asks for it by its id gets the same answer as for an id that nobody has.
Ids cannot be guessed or counted, so that not even the number of objects is told.
"""

from base64 import b32encode
from secrets import token_bytes

from ndxp.agency.caller import caller
from ndxp.identifiers import member_of

_ID_BYTES = 16


def new_id() -> str:
    """An id that nobody can guess: 128 random bits as 26 small letters and digits."""
    return b32encode(token_bytes(_ID_BYTES)).decode().rstrip("=").lower()


def filer() -> str:
    """The subsystem that files what is stored now; empty when that is the agency itself, outside of a call."""
    try:
        return caller().client
    except LookupError:
        return ""


def keeps() -> bool:
    """Whether the caller is a subsystem of the member whose agency answers: it keeps all that is filed there."""
    assertion = caller().assertion
    return member_of(assertion.client) == member_of(assertion.provider)


def owns(filed_by: str) -> bool:
    """Whether what a subsystem filed belongs to the caller."""
    return filed_by == caller().client or keeps()
