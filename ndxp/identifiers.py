"""Identifiers of members and subsystems, in the form of the exchange and in that of NDXP."""

import re
from dataclasses import dataclass
from typing import Self

_PART = re.compile(r"[A-Za-z0-9'()+,\-.=?]{1,64}")
_UNIT_CODE = re.compile(r"000\.00\.00\.([A-Z]\d{2})")

CLASSES = ("GOV", "COM")
"""Member classes: state bodies and companies."""


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation, for example ``VN/GOV/G24``."""

    instance: str
    member_class: str
    code: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``VN/GOV/G24`` or ``VN:GOV:000.00.00.G24``; raises ValueError with what is wrong."""
        return cls(*_parts(text, 3, "instance/class/member"))

    def __str__(self) -> str:
        return f"{self.instance}/{self.member_class}/{self.code}"


@dataclass(frozen=True, slots=True)
class Subsystem:
    """An information system of a member, which calls or is called, for example ``VN/GOV/G24/health-insurance``."""

    member: Member
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``VN/GOV/G24/health-insurance`` or the NDXP form ``VN:GOV:000.00.00.G24:health-insurance``.

        Raises ValueError with what is wrong.
        """
        instance, member_class, code, name = _parts(text, 4, "instance/class/member/subsystem")
        return cls(Member(instance, member_class, code), name)

    def __str__(self) -> str:
        return f"{self.member}/{self.name}"

    @property
    def ndxp_code(self) -> str:
        """The destination code as NDXP writes it, for example ``VN:GOV:000.00.00.G24:health-insurance``."""
        member = self.member
        unit = f"000.00.00.{member.code}" if member.member_class == "GOV" else member.code
        return f"{member.instance}:{member.member_class}:{unit}:{self.name}"


def member_of(subsystem: str) -> str:
    """The member part of a well-formed subsystem identifier, without parsing it."""
    return subsystem.rpartition("/")[0]


def member_code(subsystem: str) -> str:
    """The code of a subsystem's member, for example ``G24``; the identifier is well-formed, and is not parsed."""
    return member_of(subsystem).rpartition("/")[2]


def in_slashes(text: str) -> str:
    """The identifier of a subsystem or member with slashes, from either form; other text is returned unchanged."""
    for kind in (Subsystem, Member):
        try:
            return str(kind.parse(text))
        except ValueError:
            continue
    return text


def _parts(text: str, count: int, shape: str) -> list[str]:
    separator = ":" if ":" in text else "/"
    parts = text.split(separator)
    if len(parts) != count:
        raise ValueError(f"{text[:200]!r} has {len(parts)} parts, expected {count}: {shape}")
    for part in parts:
        if not _PART.fullmatch(part):
            raise ValueError(f"{text[:200]!r}: {part[:64]!r} is empty, too long or has a character not allowed")
    if parts[1] not in CLASSES:
        raise ValueError(f"{text[:200]!r}: class {parts[1]!r} is neither {' nor '.join(CLASSES)}")
    if separator == ":" and (unit := _UNIT_CODE.fullmatch(parts[2])):
        parts[2] = unit[1]
    return parts
