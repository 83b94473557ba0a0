"""What the portal decides: which dossiers are taken, how they move on, which payments and results are good."""

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import datetime, timedelta

from ndxp.agency.claim import read_text
from ndxp.clock import VIETNAM, micros_of, moment_of
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument
from ndxp.world.procedures import LAND_CHANGE, LINKED_BIRTH, LINKED_DEATH, OnlineLevel, Procedure, procedure
from ndxp.world.registers.portal_accounts import PortalAccount
from services.public_services.records import Dossier, Payment, Result

NEW, RECEIVED, REFUSED, IN_PROCESS, SUPPLEMENT, OBLIGATION, WITHDRAWN, STOPPED, DONE, RETURNED = range(1, 11)
"""States of a dossier; numbers as in the contract of the one-stop systems."""

_NEXT = {
    NEW: {RECEIVED, REFUSED, SUPPLEMENT, WITHDRAWN},
    RECEIVED: {IN_PROCESS, SUPPLEMENT, OBLIGATION, WITHDRAWN, STOPPED, DONE},
    IN_PROCESS: {SUPPLEMENT, OBLIGATION, WITHDRAWN, STOPPED, DONE},
    SUPPLEMENT: {RECEIVED, IN_PROCESS, WITHDRAWN, STOPPED},
    OBLIGATION: {IN_PROCESS, WITHDRAWN, STOPPED, DONE},
    DONE: {RETURNED},
}
LINKED_STATES = {1: NEW, 2: SUPPLEMENT, 3: RECEIVED, 4: DONE, 5: WITHDRAWN, 6: STOPPED, 7: IN_PROCESS}
"""What the states of a linked life event are here."""

SUCCESS, PENDING, FAILED = 1, 3, 4
"""States of a payment; numbers as in the contract."""

_YOUNGEST, OLDEST = timedelta(minutes=30), timedelta(days=3)
"""A payment that began so long ago is asked again about, and not later; until then it can be confirmed."""

_MATTERS = {LINKED_BIRTH: "birth", LINKED_DEATH: "death", LAND_CHANGE: "land"}
_MOMENT = re.compile(r"(?:19|20|21)[0-9]{12}", re.ASCII)
_REFERENCE = re.compile(r"[A-Za-z0-9.\-]{1,64}")
_MEDIA_TYPES = ("application/pdf", "application/xml", "application/json", "text/plain")
_MOST_CONTENT = 256 * 1024
_HIGHEST_AMOUNT = 100_000_000_000
LONGEST_LINE = 300
"""Characters of what is said in one line."""

_SIGNED = "ndxp.public_services.v1.ConfirmPayment"


def no_account_yet(account: PortalAccount | None) -> None:
    """Raises AgencyError when there is an account."""
    if account:
        raise AgencyError(
            Code.ALREADY_EXISTS, "ACCOUNT_EXISTS", "this citizen has an account already", field="citizen_number"
        )


def check_applicant(*, holds: bool) -> None:
    """Raises AgencyError unless the applicant has an account."""
    if not holds:
        raise failed_precondition(
            "ACCOUNT_UNKNOWN",
            "there is no account with this number, name and birth date; open one with RegisterAccount", "applicant",
        )  # fmt: skip


def check_company(*, onboarded: bool) -> None:
    """Raises AgencyError unless the company has a key."""
    if not onboarded:
        raise failed_precondition(
            "COMPANY_UNKNOWN", "no payment company with a key has this name; it gets one with OnboardCompany", "company"
        )


def linked_kind(code: str) -> int:
    """The kind of life event of a procedure, as its contract numbers it; 0 for none."""
    return {LINKED_BIRTH: 1, LINKED_DEATH: 2}.get(code, 0)


def known_procedure(code: str, field: str) -> Procedure:
    """The procedure; raises AgencyError when there is none with this code."""
    found = procedure(code)
    if found is None:
        raise AgencyError(
            Code.NOT_FOUND, "PROCEDURE_UNKNOWN", "no procedure has this code; see ListProcedures", field=field
        )
    return found


def read_level(number: int) -> OnlineLevel | None:
    """The level, None for all; raises AgencyError for a number that is none."""
    try:
        return OnlineLevel(number) if number else None
    except ValueError:
        raise invalid_argument(
            "ONLINE_LEVEL_UNKNOWN", "online_level must be one of its values", "online_level"
        ) from None


def online_procedure(code: str, matter: str | None) -> Procedure:
    """The procedure that a dossier is filed for online; raises AgencyError when that cannot be."""
    found = known_procedure(code, "procedure_code")
    if found.level is OnlineLevel.NONE:
        raise failed_precondition(
            "NOT_ONLINE", "this procedure is not online; file it at the one-stop office", "procedure_code"
        )
    wanted = _MATTERS.get(code, "general")
    if matter != wanted:
        raise invalid_argument("MATTER_WRONG", f"this procedure takes the field {wanted}, and no other matter", wanted)
    return found


def read_state(number: int) -> int:
    """A state; raises AgencyError for a number that is none."""
    if not NEW <= number <= RETURNED:
        raise invalid_argument("STATE_UNKNOWN", "state must be one of 1 to 10", "state")
    return number


def read_moment(text: str, field: str) -> int:
    """A moment of the facts' form, in µs; raises AgencyError for anything else."""
    try:
        if _MOMENT.fullmatch(text):
            return micros_of(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM))
    except ValueError:  # it has the form, but there is no such moment
        pass
    raise invalid_argument(
        f"{field.upper()}_MALFORMED", f"{field} must be a moment that exists, as yyyyMMddHHmmss", field
    )


def written_moment(at: int) -> str:
    """A time in µs in the facts' form."""
    return f"{moment_of(at):%Y%m%d%H%M%S}"


def read_times(received: str, due: str, now: int) -> tuple[int, int]:
    """When a dossier was received and is due (0: nobody said); raises AgencyError when that cannot be."""
    received_at = read_moment(received, "received_at")
    due_at = read_moment(due, "due_at") if due else 0
    if received_at > now:
        raise invalid_argument(
            "RECEIVED_AT_IN_FUTURE", "received_at must not be after now, by the nation's clock", "received_at"
        )
    if due and due_at < received_at:
        raise invalid_argument("DUE_BEFORE_RECEIPT", "due_at must not be before received_at", "due_at")
    return received_at, due_at


def known_dossier(dossier: Dossier | None, field: str = "code") -> Dossier:
    """The dossier; raises AgencyError when the caller has none with this code, whoever else may have one."""
    if dossier is None:
        raise AgencyError(Code.NOT_FOUND, "DOSSIER_UNKNOWN", "none of your dossiers has this code", field=field)
    return dossier


def no_dossier_yet(dossier: Dossier | None) -> None:
    """Raises AgencyError when there is one."""
    if dossier:
        raise AgencyError(
            Code.ALREADY_EXISTS, "DOSSIER_EXISTS", "the portal has this dossier already; send it with updating = true",
            field="code",
        )  # fmt: skip


def filed_here(dossier: Dossier) -> Dossier:
    """The dossier; raises AgencyError unless it was filed at the portal."""
    if not dossier.filed_by:
        raise failed_precondition(
            "NOT_FILED_HERE", "this dossier was filed elsewhere; ask the body that works on it", "code"
        )
    return dossier


def check_correction(dossier: Dossier, matter: str | None, *, of_life_event: bool) -> None:
    """Raises AgencyError when a supplement corrects what the dossier is not about."""
    about = _MATTERS.get(dossier.procedure_code, "general")
    if matter not in (None, about):
        raise invalid_argument("MATTER_WRONG", f"this dossier is about {about}", matter or "")
    if matter is None and of_life_event:
        raise invalid_argument("MATTER_MISSING", f"say what is corrected of the {about}", about)


def as_told(dossier: Dossier, state: int, note: str, now: int) -> Dossier:
    """The dossier with the state that whoever works on it has told."""
    return replace(dossier, state=state, note=note, changed_at=now, updated_at=now)


def moved(dossier: Dossier, state: int, *, changed_at: int, now: int, note: str = "") -> Dossier:
    """The dossier in another state, or once more in its own; raises AgencyError for an impossible change."""
    if state != dossier.state and state not in _NEXT.get(dossier.state, ()):
        raise failed_precondition(
            "TRANSITION_INVALID",
            f"a dossier in state {dossier.state} cannot go to state {state}; see UpdateProgress for what it can",
            "state",
        )  # fmt: skip
    if changed_at // 1_000_000 < dossier.changed_at // 1_000_000:
        raise invalid_argument("CHANGED_BEFORE_LAST", "changed_at must not be before the last change", "changed_at")
    return replace(dossier, state=state, changed_at=changed_at, updated_at=now, note=note or dossier.note)


def updated(
    dossier: Dossier, *, procedure_code: str, citizen_number: str, received_at: int, due_at: int, online: bool
) -> Dossier:
    """The dossier with what its body says of it; raises AgencyError for another applicant or procedure."""
    if citizen_number != dossier.citizen_number:
        raise invalid_argument("APPLICANT_DIFFERS", "an update does not change citizen_number", "citizen_number")
    if procedure_code != dossier.procedure_code:
        raise invalid_argument("PROCEDURE_DIFFERS", "an update does not change procedure_code", "procedure_code")
    return replace(dossier, received_at=received_at, due_at=due_at, online=online)


def having_result(dossier: Dossier, now: int) -> Dossier:
    """The dossier once its result is stored."""
    return replace(dossier, has_result=True, updated_at=now)


def known_result(result: Result | None) -> Result:
    """The result; raises AgencyError when there is none yet."""
    if result is None:
        raise AgencyError(Code.NOT_FOUND, "RESULT_UNKNOWN", "this dossier has no result here", field="code")
    return result


def read_note(text: str) -> str:
    """What was done; may be empty. Raises AgencyError when it is too long or no line."""
    return read_text(text, "note", LONGEST_LINE, required=False)


def read_result(dossier: Dossier, title: str, media_type: str, content: bytes, sha256: str) -> Result:
    """The result of a dossier; raises AgencyError when it has one or has none yet, or the document is not good."""
    if dossier.has_result:
        raise AgencyError(Code.ALREADY_EXISTS, "RESULT_EXISTS", "this dossier has its result already", field="code")
    if dossier.state not in (DONE, RETURNED):
        raise failed_precondition("NOT_DONE", "the dossier is not done; update its progress first", "code")
    title = read_text(title, "document.title", LONGEST_LINE)
    if media_type not in _MEDIA_TYPES:
        kinds = ", ".join(_MEDIA_TYPES)
        raise invalid_argument(
            "MEDIA_TYPE_UNKNOWN", f"document.media_type must be one of {kinds}", "document.media_type"
        )
    if not 0 < len(content) <= _MOST_CONTENT:
        raise invalid_argument(
            "CONTENT_SIZE", f"document.content must have 1 to {_MOST_CONTENT} bytes", "document.content"
        )
    if hashlib.sha256(content).hexdigest() != sha256:
        raise invalid_argument("HASH_DIFFERS", "document.sha256 must be the SHA-256 of the content", "document.sha256")
    return Result(title=title, media_type=media_type, content=content, sha256=sha256)


def payable(dossier: Dossier) -> None:
    """Raises AgencyError when nothing can be paid for a dossier any more."""
    if dossier.state in (REFUSED, WITHDRAWN, STOPPED, RETURNED):
        raise failed_precondition(
            "DOSSIER_ENDED", "the dossier has ended; nothing is to be paid for it", "dossier_code"
        )


def read_amount(amount: int, highest: int = _HIGHEST_AMOUNT) -> int:
    """An amount in whole đồng; raises AgencyError outside of 1 to the highest."""
    if not 0 < amount <= highest:
        raise invalid_argument("AMOUNT_OUT_OF_RANGE", f"amount must be 1 to {highest} đồng", "amount")
    return amount


def check_owed(amount: int, owed: int) -> None:
    """Raises AgencyError unless an amount is all that is owed for a tax notice."""
    if not owed:
        raise failed_precondition("NOTHING_OWED", "this tax notice is paid already", "notice_number")
    if amount != owed:
        raise invalid_argument("AMOUNT_DIFFERS", "amount must be all that is owed for the tax notice", "amount")


def not_taken(payment: Payment, reason: str) -> Payment:
    """The payment that the tax agency did not take."""
    return replace(payment, problem=reason)


def payment_text(payment_code: str, redirect_token: str, amount: int, outcome: int, reference: str) -> bytes:
    """What a company signs when it confirms a payment."""
    return "\n".join((_SIGNED, payment_code, redirect_token, str(amount), str(outcome), reference)).encode()


def known_payment(payment: Payment | None) -> Payment:
    """The payment; raises AgencyError when the caller has none with this code, whoever else may have one."""
    if payment is None:
        raise AgencyError(
            Code.NOT_FOUND, "PAYMENT_UNKNOWN", "none of your payments has this code", field="payment_code"
        )
    return payment


def state_of(payment: Payment, now: int) -> int:
    """The state of a payment at a time in µs."""
    return payment.outcome or (FAILED if now >= expires_at(payment) else PENDING)


def expires_at(payment: Payment) -> int:
    """Until when a payment can be confirmed, in µs."""
    return payment.began_at + OLDEST // timedelta(microseconds=1)


def confirmed(
    payment: Payment, secret: bytes, *, redirect_token: str, amount: int, outcome: int, reference: str,
    signature: bytes, now: int,
) -> Payment:  # fmt: skip
    """The payment with what became of it; raises AgencyError when the confirmation is not good."""
    text = payment_text(payment.code, redirect_token, amount, outcome, reference)
    if not hmac.compare_digest(hmac.digest(secret, text, "sha256"), signature):
        raise invalid_argument(
            "SIGNATURE_INVALID", "signature is not that of this company's key over this text", "signature"
        )
    if not hmac.compare_digest(redirect_token.encode(), payment.redirect_token.encode()):
        raise invalid_argument("REDIRECT_TOKEN_WRONG", "redirect_token is not that of this payment", "redirect_token")
    if outcome not in (SUCCESS, FAILED):
        raise invalid_argument("OUTCOME_UNKNOWN", "outcome must be success (1) or failed (4)", "outcome")
    if not _REFERENCE.fullmatch(reference):
        what = "company_reference must have 1 to 64 letters, digits, dots or dashes"
        raise invalid_argument("FIELD_MALFORMED", what, "company_reference")
    if amount != payment.amount:
        raise invalid_argument("AMOUNT_DIFFERS", "amount is not the amount of this payment", "amount")
    if payment.outcome:
        raise _refusal("PAYMENT_CONFIRMED", "the payment was confirmed before")
    if now >= expires_at(payment):
        raise _refusal("PAYMENT_EXPIRED", "the payment began more than three days ago and counts as failed")
    return replace(payment, outcome=outcome, company_reference=reference)


def askable(payment: Payment, now: int) -> Payment:
    """The payment; raises AgencyError when it is too young or too old to be asked about."""
    age = timedelta(microseconds=now - payment.began_at)
    if age < _YOUNGEST:
        raise _refusal("PAYMENT_TOO_YOUNG", "the payment began less than 30 minutes ago; wait for the confirmation")
    if age > OLDEST:
        raise _refusal("PAYMENT_TOO_OLD", "the payment began more than three days ago; nobody is asked about it")
    return payment


def refunded(payment: Payment, amount: int) -> Payment:
    """The payment with what was given back; raises AgencyError when nothing, or not so much, can be."""
    if payment.outcome != SUCCESS:
        raise _refusal("NOT_PAID", "the payment did not succeed; there is nothing to give back")
    if payment.refunded:
        raise _refusal("ALREADY_REFUNDED", "the payment was given back before")
    return replace(payment, refunded=read_amount(amount, payment.amount))


def read_reason(text: str) -> str:
    """Why a payment is given back; raises AgencyError when it is missing, too long or no line."""
    return read_text(text, "reason", LONGEST_LINE)


def _refusal(reason: str, message: str) -> AgencyError:
    return failed_precondition(reason, message, "payment_code")
