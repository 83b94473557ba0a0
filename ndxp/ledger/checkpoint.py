"""Checkpoints: size and root of the ledger in the C2SP tlog-checkpoint form, signed as a C2SP note."""

import re
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ndxp.language import _

_ED25519 = b"\x01"
_DASH = "\u2014 "
_LONGEST = 100_000
_NAME = re.compile(r"[^\s+]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOSSES = re.compile(r"losses ([1-9]\d{0,8})")
_NUMBER = re.compile(r"checkpoint ([1-9]\d{0,17})")


class NoteRefused(Exception):
    """A note, checkpoint or key cannot be read, or no known key has signed it; the text says which."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key that signs for ``name``; its text form is C2SP's verifier key ``name+id+base64``."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads the text form; raises NoteRefused."""
        name, _plus, rest = text.strip().partition("+")
        stated, _plus, encoded = rest.partition("+")
        public = _decode(encoded)
        if not _NAME.fullmatch(name) or public[:1] != _ED25519 or len(public) != 33:
            raise NoteRefused(_("not a public key of the form NAME+ID+BASE64: {text!r}", text=text[:80]))
        key = cls(name, public[1:])
        if stated != key.id.hex():
            raise NoteRefused(_("the id of public key {text!r} does not fit its other parts", text=text[:80]))
        return key

    @property
    def id(self) -> bytes:
        """Four bytes that distinguish keys of one name."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_encode(_ED25519 + self.public)}"

    def signed(self, text: str, signature: bytes) -> bool:
        """Whether this key has signed the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


def sign_note(text: str, name: str, keys: Iterable[Ed25519PrivateKey]) -> str:
    """The note of ``text``, which ends with a line break, with a signature line of each key."""
    lines = []
    for private in keys:
        key = Key(name, private.public_key().public_bytes_raw())
        lines.append(f"{_DASH}{name} {_encode(key.id + private.sign(text.encode()))}\n")
    return f"{text}\n{''.join(lines)}"


def open_note(note: str, keys: Iterable[Key]) -> tuple[str, list[Key]]:
    """The text of a note and the known keys that signed it, at least one.

    A signature of an unknown key is ignored; a wrong one of a known key makes the note invalid. Raises NoteRefused.
    """
    text, _gap, signatures = note[:_LONGEST].rpartition("\n\n")
    text += "\n"
    if not signatures.endswith("\n") or not text.strip():
        raise NoteRefused(_("not a signed note: text, an empty line, and lines of signatures"))
    known = {(key.name, key.id): key for key in keys}
    signers = []
    for line in signatures.splitlines():
        name, _space, encoded = line.removeprefix(_DASH).partition(" ")
        signed = _decode(encoded)
        if not line.startswith(_DASH) or len(signed) <= 4:
            raise NoteRefused(_("not a line of a signature: {line!r}", line=line[:80]))
        if (key := known.get((name, signed[:4]))) is None:
            continue
        if not key.signed(text, signed[4:]):
            raise NoteRefused(_("the signature of {name} does not fit the text: the note was changed", name=name))
        signers.append(key)
    if not signers:
        raise NoteRefused(_("no key that is known here has signed the note"))
    return text, signers


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A ledger's name, the number of its records and the root over them.

    ``losses`` is how many losses were stated before it was signed: an extension line ``losses N``, left out when there
    were none. ``number`` counts the ledger's checkpoints from 1: an extension line ``checkpoint N``; 0 without that
    line. Checkpoints over the same tree are equal, whatever these lines say.
    """

    origin: str
    size: int
    root: bytes
    losses: int = field(default=0, compare=False)
    number: int = field(default=0, compare=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a checkpoint's text; other extension lines are ignored. Raises NoteRefused."""
        lines = text.split("\n")
        if len(lines) < 4 or not re.fullmatch(r"0|[1-9]\d{0,18}", lines[1]):
            raise NoteRefused(_("not a checkpoint: a name, a size and a root in lines of their own"))
        root = _decode(lines[2])
        if len(root) != 32:
            raise NoteRefused(_("the checkpoint's root is not a SHA-256"))
        return cls(lines[0], int(lines[1]), root, _stated(_LOSSES, lines[3:]), _stated(_NUMBER, lines[3:]))

    @classmethod
    def open(cls, note: str, keys: Iterable[Key]) -> Self:
        """Reads a signed checkpoint; raises NoteRefused unless a known key of its own name signed it."""
        text, signers = open_note(note, keys)
        found = cls.parse(text)
        if all(key.name != found.origin for key in signers):
            raise NoteRefused(_("no key of {origin} has signed the checkpoint", origin=found.origin))
        return found

    def __str__(self) -> str:
        stated = f"losses {self.losses}\n" if self.losses else ""
        stated += f"checkpoint {self.number}\n" if self.number else ""
        return f"{self.origin}\n{self.size}\n{_encode(self.root)}\n{stated}"


def _statement(kind: str, note: str, keys: Iterable[Key]) -> tuple[str, str, str]:
    """The ledger's name, what is stated and when, of a statement of this kind in three lines.

    All are empty when it is no such statement. Raises NoteRefused unless a known key has signed the note.
    """
    text, signers = open_note(note, keys)
    lines = text.split("\n")
    names = {f"{key.name} {kind}": key.name for key in signers}
    return (names[lines[0]], lines[1], lines[2]) if len(lines) == 4 and lines[0] in names else ("", "", "")


@dataclass(frozen=True, slots=True)
class Retention:
    """The statement that retention has removed the rows before ``first``."""

    origin: str
    first: int
    at: str

    @classmethod
    def open(cls, note: str, keys: Iterable[Key]) -> Self:
        """Reads a signed statement; raises NoteRefused unless a known key of the ledger signed it as one."""
        origin, first, at = _statement("retention", note, keys)
        if not first.isdecimal():
            raise NoteRefused(_("not a statement of a retention"))
        return cls(origin, int(first), at)

    def __str__(self) -> str:
        return f"{self.origin} retention\n{self.first}\n{self.at}\n"


@dataclass(frozen=True, slots=True)
class Loss:
    """The statement that a ledger ended at ``kept`` although more was signed: records up to ``lost`` are not in it.

    The operator has replaced it by an older copy, such as a backup. ``number`` counts the ledger's losses from 1 (in
    older statements it is always 1). A statement excuses only checkpoints that were signed before it.
    """

    kept: int
    lost: Checkpoint
    at: str
    number: int

    @classmethod
    def open(cls, note: str, keys: Iterable[Key]) -> Self:
        """Reads a signed statement; raises NoteRefused unless a known key of the ledger signed it as one."""
        text, signers = open_note(note, keys)
        name, _line, rest = text.partition(" loss\n")
        lines = rest.split("\n")
        if len(lines) == 5:
            lines.insert(4, "1")
        if len(lines) != 6 or not all(lines[i].isdecimal() for i in (0, 4)) or all(key.name != name for key in signers):
            raise NoteRefused(_("not a statement of a loss"))
        return cls(int(lines[0]), Checkpoint.parse(f"{name}\n{lines[1]}\n{lines[2]}\n"), lines[3], int(lines[4]))

    @classmethod
    def all_of(cls, notes: Iterable[str], keys: Sequence[Key]) -> list[Self]:
        """The valid statements among the notes, in their order."""
        held = []
        for note in notes:
            with suppress(NoteRefused):
                held.append(cls.open(note, keys))
        return held

    def covers(self, checkpoint: Checkpoint) -> bool:
        """Whether the checkpoint may cover lost records: its size is in their range, and it was signed before this."""
        return self.kept < checkpoint.size <= self.lost.size and checkpoint.losses < self.number

    def accepts(self, published: Checkpoint) -> bool:
        """Whether this is exactly the checkpoint whose records were lost."""
        return self.lost == published and self.covers(published)

    @property
    def sentence(self) -> str:
        """The statement as a sentence for people."""
        return _(
            "records {first} to {last} of before {at} were lost, and a signed statement says so",
            first=self.kept + 1,
            last=self.lost.size,
            at=self.at,
        )

    def __str__(self) -> str:
        lost = f"{self.lost.size}\n{_encode(self.lost.root)}"
        return f"{self.lost.origin} loss\n{self.kept}\n{lost}\n{self.at}\n{self.number}\n"


@dataclass(frozen=True, slots=True)
class Conformance:
    """The statement that the exchange has checked an agency: ``digest`` is the SHA-256 of the report, in hex."""

    origin: str
    digest: str
    at: str

    @classmethod
    def open(cls, note: str, keys: Iterable[Key]) -> Self:
        """Reads a signed statement; raises NoteRefused unless a known key of the ledger signed it as one."""
        origin, digest, at = _statement("conformance", note, keys)
        if not _DIGEST.fullmatch(digest):
            raise NoteRefused(_("not a statement about the check of an agency"))
        return cls(origin, digest, at)

    def __str__(self) -> str:
        return f"{self.origin} conformance\n{self.digest}\n{self.at}\n"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """The statement that a ledger signs with another key from now on."""

    new: Key

    def __str__(self) -> str:
        return f"{self.new.name} key\n{self.new}\n"

    @staticmethod
    def follow(keys: Iterable[Key], changes: Iterable[str]) -> list[Key]:
        """The keys and their successors, which they have named; ``changes`` are notes in their order."""
        known = list(keys)
        for note in changes:
            try:
                text, _ = open_note(note, known)
                named = Key.parse(text.split("\n")[1])
            except NoteRefused:
                continue
            if text == str(KeyChange(named)) and named not in known:
                known.append(named)
        return known


def _stated(form: re.Pattern[str], extensions: Iterable[str]) -> int:
    """The number of an extension line of this form; 0 when there is none."""
    return max((int(found[1]) for line in extensions if (found := form.fullmatch(line))), default=0)


def _encode(data: bytes) -> str:
    return b64encode(data).decode()


def _decode(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (BadBase64, ValueError) as error:
        raise NoteRefused(_("not base64: {text!r}", text=text[:80])) from error
