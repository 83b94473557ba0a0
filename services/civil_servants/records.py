"""The ministry's records: the world's profiles, those synchronised since, and how each body stands."""

from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from hashlib import sha256

import msgspec

from ndxp.agency.documents import Documents
from ndxp.agency.subject import names_subject
from ndxp.world import World
from ndxp.world.registers.civil_servants import Body, CivilServants

PROFILE = "profile"
EMPLOYER = "employer"
STANDING = "standing"

_PAGE = 500


class State(IntEnum):
    """Whether somebody serves; numbers as in the contract."""

    WORKING = 1
    ON_LEAVE = 2
    LEFT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile as stored; the order of the fields is that of a line of the digest."""

    citizen_number: str
    full_name: str
    birth_date: date
    position: str
    grade: str
    entry_date: date
    state: State

    @property
    def line(self) -> bytes:
        """What the digest takes in of a profile."""
        fields = (
            self.citizen_number, self.full_name, self.birth_date.isoformat(), self.position, self.grade,
            self.entry_date.isoformat(), str(int(self.state)),
        )  # fmt: skip
        return ("\t".join(fields) + "\n").encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A profile, and how often its body had approved before it was stored; None for one that the nation begins with."""

    profile: Profile
    approvals: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What has changed of a body since the nation's day, its key and its last approval (µs since 1970, UTC)."""

    staff: int = 0
    synchronised: int = 0
    public_key: bytes = b""
    approved_month: str = ""
    approved_digest: str = ""
    approved_at: int = 0
    approvals: int = 0
    """How often the body has approved."""

    def approved(self, filed: Filed) -> bool:
        """Whether the body has approved a profile since it was stored."""
        return filed.approvals is not None and filed.approvals < self.approvals


_encode = msgspec.json.Encoder().encode
_decode_filed = msgspec.json.Decoder(Filed).decode
_decode_standing = msgspec.json.Decoder(Standing).decode


class Personnel:
    """Profiles by body and citizen; whose they are is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def bodies(self) -> dict[str, Body]:
        """The 96 bodies by their codes."""
        return self._world.registers[CivilServants].bodies

    def civil_servant_number(self, citizen_number: str) -> str:
        """The number of a civil servant of the world; empty for others."""
        return self._world.identifier(CivilServants, citizen_number) or ""

    def filed(self, documents: Documents, body: str, citizen_number: str) -> Filed | None:
        """A body's profile of a citizen, the world's or one stored since."""
        stored = documents.get(PROFILE, _key(body, citizen_number))
        filed = _decode_filed(stored) if stored else self._of_world(body, citizen_number)
        if filed or self._world.exists(citizen_number):
            names_subject(citizen_number)
        return filed

    def employer(self, documents: Documents, citizen_number: str) -> str:
        """The code of the body that a citizen serves; empty for none."""
        stored = documents.get(EMPLOYER, citizen_number)
        if stored is not None:
            return stored.decode()
        servant = self._world.entry(CivilServants, citizen_number)
        return servant.body if servant else ""

    def store(self, documents: Documents, body: str, profile: Profile, *, before: Filed | None, employer: str) -> None:
        """Stores a body's profile, and counts whom the body has more or less by it.

        ``before`` is the body's profile of the citizen until now, ``employer`` the code of the body served until now.
        """
        number = profile.citizen_number
        serves, served = profile.state is not State.LEFT, employer == body
        counted = before is not None and before.profile.state is not State.LEFT
        standing = self.standing(documents, body)
        self.put_standing(
            documents,
            body,
            replace(
                standing,
                staff=standing.staff + serves - served,
                synchronised=standing.synchronised + serves - counted,
            ),
        )
        filed = Filed(profile=profile, approvals=standing.approvals)
        documents.put(PROFILE, _key(body, number), _encode(filed), owner=body)
        documents.put(EMPLOYER, number, body.encode() if serves else b"")

    def standing(self, documents: Documents, body: str) -> Standing:
        """How a body stands."""
        stored = documents.get(STANDING, body)
        return _decode_standing(stored) if stored else Standing()

    def put_standing(self, documents: Documents, body: str, standing: Standing) -> None:
        """Stores how a body stands now."""
        documents.put(STANDING, body, _encode(standing))

    def digest(self, documents: Documents, body: str) -> str:
        """The digest of the profiles that are stored of a body."""
        lines, before = list[bytes](), None
        while page := documents.of(PROFILE, body, before=before, limit=_PAGE):
            lines += [_decode_filed(document.body).profile.line for document in page]
            before = page[-1].seq
        return sha256(b"".join(sorted(lines))).hexdigest()

    def _of_world(self, body: str, citizen_number: str) -> Filed | None:
        servant = self._world.entry(CivilServants, citizen_number)
        if servant is None or servant.body != body or not servant.synchronised:
            return None
        profile = Profile(
            citizen_number=citizen_number, full_name=servant.full_name, birth_date=servant.birth_date,
            position=servant.position, grade=servant.grade, entry_date=servant.entered, state=State.WORKING,
        )  # fmt: skip
        return Filed(profile=profile)


def _key(body: str, citizen_number: str) -> str:
    return f"{body}-{citizen_number}"
