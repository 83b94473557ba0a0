"""Codes of dossiers, such as ``000.00.00.H26-230712-0001``: each carries the code of the body that gave it."""

import re

from ndxp.agency.caller import caller
from ndxp.agency.claim import read_text
from ndxp.errors import invalid_argument
from ndxp.identifiers import member_of

_LONGEST_CODE = 64
_CODE = re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.([GH][0-9]{2})-[0-9]{6}-[0-9]{4,8}", re.ASCII)


def body_of(code: str) -> str:
    """The member whose code is in a dossier's code; empty for a code of another form."""
    parts = _CODE.fullmatch(code)
    return f"VN/GOV/{parts[1]}" if parts else ""


def read_own_code(code: str, field: str = "code") -> str:
    """The code of a dossier of the calling body; raises AgencyError when it is of another body, or no such code."""
    body = body_of(code)
    if not body:
        raise invalid_argument("DOSSIER_CODE_MALFORMED", f"{field} must be like 000.00.00.H26-230712-0001", field)
    if body != member_of(caller().client):
        raise invalid_argument(
            "DOSSIER_CODE_OF_ANOTHER_BODY", f"{field} must carry the code of the body that calls", field
        )
    return code


def read_callers_code(dossier_code: str) -> str:
    """The caller's own name for its dossier, of any form; raises AgencyError when it is missing or too long."""
    return read_text(dossier_code, "dossier_code", _LONGEST_CODE)
