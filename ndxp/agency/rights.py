"""Who may see a stored object: the subsystem that filed it, and the member that keeps it.

For everybody else it does not exist: a request for its id gets the same answer as one for an unused id. Ids cannot be
guessed or counted, so that even the number of objects stays hidden.
"""

from base64 import b32encode
from datetime import date
from secrets import token_bytes

from ndxp.agency.caller import caller
from ndxp.identifiers import member_of

_ID_BYTES = 16


def new_id() -> str:
    """An id that nobody can guess: 128 random bits as 26 small letters and digits."""
    return b32encode(token_bytes(_ID_BYTES)).decode().rstrip("=").lower()


def new_code(prefix: str, day: date) -> str:
    """A code that nobody can guess: the prefix tells what it is for, then come the day (yymmdd) and a new id."""
    return f"{prefix}-{day:%y%m%d}-{new_id()}"


def filer() -> str:
    """The subsystem that files a document stored now; empty for the agency itself, outside of a call."""
    try:
        return caller().client
    except LookupError:
        return ""


def keeps() -> bool:
    """Whether the caller is a subsystem of the answering agency's member, which keeps everything filed there."""
    assertion = caller().assertion
    return member_of(assertion.client) == member_of(assertion.provider)


def owns(filed_by: str) -> bool:
    """Whether an object filed by this subsystem belongs to the caller."""
    return filed_by == caller().client or keeps()
