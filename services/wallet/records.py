"""The wallet's records: accounts, the keys of issuer and holders, reports of offences."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ndxp.agency.day import day_of
from ndxp.agency.documents import Documents, next_count
from ndxp.agency.subject import names_existing
from ndxp.world import Address, Citizen, World
from ndxp.world.registers.wallet_accounts import WalletAccounts

KEY = "signing key"
REPORT = "report"
_ISSUER = "issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as stored; times are in µs since 1970 (UTC), by the nation's clock. ``state`` is the contract's."""

    report_id: str
    reporter: str
    text: str
    place: Address
    photo_sha256: str
    received_at: int
    state: int
    answer: str = ""
    answered_at: int = 0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Report).decode


class Wallets:
    """Holders of accounts and what they report."""

    def __init__(self, world: World) -> None:
        self._world = world

    def holder(self, citizen_number: str) -> Citizen | None:
        """The holder of an account of level 2; whoever has the number is a subject also without an account."""
        names_existing(self._world.exists, citizen_number)
        return self._world.citizen(citizen_number) if self._world.entry(WalletAccounts, citizen_number) else None

    def issuer_key(self, documents: Documents) -> Ed25519PrivateKey:
        """The key with which the wallet signs documents, made when there is none."""
        return self._key(documents, _ISSUER)

    def holder_key(self, documents: Documents, citizen_number: str) -> Ed25519PrivateKey:
        """The key of a holder, made when there is none.

        In reality it never leaves the phone. Here the wallet holds it for the app.
        """
        return self._key(documents, citizen_number)

    def report(self, documents: Documents, report_id: str, province: str) -> Report | None:
        """A report of the caller's by its number, or one that happened in ``province`` (a code; empty for none)."""
        body = documents.own(REPORT, report_id)
        return _decode(body) if body else self.province_report(documents, report_id, province)

    def province_report(self, documents: Documents, report_id: str, province: str) -> Report | None:
        """A report that happened in a province."""
        body = documents.get(REPORT, report_id)
        report = _decode(body) if body else None
        return report if report and report.place.province == province else None

    def reports(self, documents: Documents, province: str, *, before: int, limit: int) -> Sequence[tuple[int, Report]]:
        """The reports of a province with their places, the latest first, from ``before`` (or 0) on."""
        found = documents.of(REPORT, province, before=before or None, limit=limit)
        return [(document.seq, _decode(document.body)) for document in found]

    def reported_before(self, documents: Documents, citizen_number: str, at: int) -> int:
        """How many reports somebody has made on this day so far; from now on it is one more."""
        return next_count(documents, f"reports-{citizen_number}-{day_of(at)}")

    def store(self, documents: Documents, report: Report) -> None:
        """Stores a report as it is now."""
        documents.put(REPORT, report.report_id, _encode(report), owner=report.place.province)

    def _key(self, documents: Documents, whose: str) -> Ed25519PrivateKey:
        body = documents.get(KEY, whose)
        if body is None:
            body = Ed25519PrivateKey.generate().private_bytes_raw()
            documents.put(KEY, whose, body)
        return Ed25519PrivateKey.from_private_bytes(body)
