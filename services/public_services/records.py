"""The portal's records: the world's accounts with those opened since, dossiers, results, payments."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from ndxp.agency.caller import caller
from ndxp.agency.claim import Claim
from ndxp.agency.documents import Documents
from ndxp.agency.rights import new_id, owns
from ndxp.agency.subject import names_subject
from ndxp.identifiers import member_of
from ndxp.world import World
from ndxp.world.registers.portal_accounts import PortalAccount, PortalAccounts

ACCOUNT = "account"
DOSSIER = "dossier"
FILING = "filing"
"""That a subsystem filed a dossier: it lists by these what is its own, whoever stored the dossier first."""
RESULT = "result"
PAYMENT = "payment"
COMPANY = "company"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The portal's copy of a dossier; times are in µs since 1970 (UTC) of the nation's clock, 0 for none.

    ``filed_by`` is the subsystem that filed it here, empty when a body synchronised it.
    """

    code: str
    procedure_code: str
    citizen_number: str
    state: int
    received_at: int
    changed_at: int
    updated_at: int
    works_on_it: str
    due_at: int = 0
    filed_by: str = ""
    online: bool = False
    has_result: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A result as an electronic document."""

    title: str
    media_type: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment in đồng; ``began_at`` is in µs since 1970 (UTC) of the nation's clock.

    ``outcome`` is its state once it is confirmed, 0 before. ``traceparent`` is that of the call that began it.
    """

    code: str
    dossier_code: str
    citizen_number: str
    amount: int
    company: str
    redirect_token: str
    began_at: int
    filed_by: str
    outcome: int = 0
    company_reference: str = ""
    refunded: int = 0
    notice_number: str = ""
    problem: str = ""
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class _Holder:
    """An account opened at run time."""

    account: PortalAccount
    claim: Claim


_encode = msgspec.json.Encoder().encode
_decode_holder = msgspec.json.Decoder(_Holder).decode
_decode_dossier = msgspec.json.Decoder(Dossier).decode
_decode_payment = msgspec.json.Decoder(Payment).decode
_decode_result = msgspec.json.Decoder(Result).decode


class Portal:
    """Accounts, dossiers and payments; whose they are is named as a subject of the answer under way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def account(self, documents: Documents, citizen_number: str) -> PortalAccount | None:
        """A citizen's account, the world's or one opened at run time."""
        account = self._world.entry(PortalAccounts, citizen_number)
        if account is None and (body := documents.get(ACCOUNT, citizen_number)):
            account = _decode_holder(body).account
        self._name(citizen_number, known=account is not None)
        return account

    def holds(self, documents: Documents, claim: Claim) -> bool:
        """Whether there is an account of somebody with this number, name and birth date."""
        if self.account(documents, claim.number) is None:
            return False
        if body := documents.get(ACCOUNT, claim.number):
            there = _decode_holder(body).claim
            born = there.birth
            agrees = claim.birth.agrees_with(born.day) if born.day else claim.birth.year == born.year
            return agrees and claim.name == there.name
        citizen = self._world.citizen(claim.number)
        return citizen is not None and claim.agrees_with(citizen.full_name, citizen.birth_date)

    def open_account(self, documents: Documents, claim: Claim, today: date) -> PortalAccount:
        """Stores the account of a verified citizen."""
        account = PortalAccount(claim.number, today)
        documents.put(ACCOUNT, claim.number, _encode(_Holder(account, claim)))
        self._name(claim.number, known=True)
        return account

    def dossier(self, documents: Documents, code: str, body: str) -> Dossier | None:
        """A dossier of the caller's; ``body`` is the member whose code its code carries, empty for none."""
        content = documents.get(DOSSIER, code)
        dossier = _decode_dossier(content) if content else None
        if dossier is None or not (owns(dossier.filed_by) or member_of(caller().client) == body):
            return None
        self._name(dossier.citizen_number, known=bool(dossier.filed_by))
        return dossier

    def filed(
        self, documents: Documents, citizen_number: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, Dossier]]:
        """The dossiers of a citizen that the caller filed, with their places, the latest first (before 0: all)."""
        filings = documents.own_of(FILING, citizen_number, before=before or None, limit=limit)
        self._name(citizen_number, known=bool(filings))
        contents = [(filing.seq, documents.get(DOSSIER, filing.body.decode())) for filing in filings]
        return [(seq, _decode_dossier(content)) for seq, content in contents if content]

    def file(self, documents: Documents, dossier: Dossier) -> Dossier:
        """Stores a dossier that the caller files; one that its body has synchronised already stays as far as it is."""
        if content := documents.get(DOSSIER, dossier.code):
            dossier = replace(_decode_dossier(content), filed_by=dossier.filed_by, works_on_it=dossier.works_on_it)
        self.store(documents, dossier)
        documents.put(FILING, new_id(), dossier.code.encode(), owner=dossier.citizen_number)
        return dossier

    def store(self, documents: Documents, dossier: Dossier) -> None:
        """Stores a dossier as it is now."""
        documents.put(DOSSIER, dossier.code, _encode(dossier))
        self._name(dossier.citizen_number, known=bool(dossier.filed_by))

    def result(self, documents: Documents, code: str) -> Result | None:
        """The result of a dossier that the caller may see."""
        content = documents.get(RESULT, code)
        return _decode_result(content) if content else None

    def store_result(self, documents: Documents, code: str, result: Result) -> None:
        """Stores the result of a dossier."""
        documents.put(RESULT, code, _encode(result))

    def secret(self, documents: Documents, company: str) -> bytes | None:
        """The key by which a company signs; None for one that has none."""
        return documents.get(COMPANY, _short(company))

    def store_secret(self, documents: Documents, company: str, secret: bytes) -> None:
        """Gives a company a key."""
        documents.put(COMPANY, _short(company), secret)

    def payment(self, documents: Documents, code: str) -> Payment | None:
        """A payment of the caller's: begun by it, or to be confirmed by it."""
        payment = self.payment_for_work(documents, code)
        if payment is None or not (owns(payment.filed_by) or caller().client == payment.company):
            return None
        self._name(payment.citizen_number, known=False)
        return payment

    def payment_for_work(self, documents: Documents, code: str) -> Payment | None:
        """A payment, whosever it is, for the portal's own work."""
        content = documents.get(PAYMENT, code)
        return _decode_payment(content) if content else None

    def store_payment(self, documents: Documents, payment: Payment) -> None:
        """Stores a payment as it is now."""
        documents.put(PAYMENT, payment.code, _encode(payment))

    def _name(self, citizen_number: str, *, known: bool) -> None:
        """Whoever exists is a subject; ``known`` says it of whom the portal has verified before."""
        if citizen_number and (known or self._world.exists(citizen_number)):
            names_subject(citizen_number)


def _short(company: str) -> str:
    """A subsystem's identifier as a key of documents, which has 64 characters at most."""
    return hashlib.sha256(company.encode()).hexdigest()
