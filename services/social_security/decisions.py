"""How social security decides on a claim, later and by itself: it asks the population database and then decides."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from ndxp.agency.caller import Errand, on_errand
from ndxp.agency.database import Database, Job, Transaction
from ndxp.agency.filings import TOO_LATE, add_expiry, add_work, code_of, turn_of, why_unknown
from ndxp.agency.jobs import Handler, Settle, settle_nothing
from ndxp.agency.verification import Verification, Verified
from ndxp.clock import Clock
from services.social_security import rules
from services.social_security.records import Claim, Fund, State

DECIDE, EXPIRE = "decide", "expire"
PURPOSE = "death benefits"


def add_decision(documents: Transaction, claim: Claim, due: int) -> None:
    """Adds the work on a claim that was filed or supplemented."""
    add_work(documents, DECIDE, claim.code, claim.turn, due=due)


class Decisions:
    """Does the work on claims, as the subsystem of social security."""

    def __init__(
        self, subsystem: str, database: Database, fund: Fund, verification: Verification, clock: Clock
    ) -> None:
        self._subsystem = subsystem
        self._database = database
        self._fund = fund
        self._verification = verification
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """The work by its kind."""
        return {DECIDE: self._decide, EXPIRE: self._expire}

    async def _decide(self, job: Job) -> Settle:
        """Asks about the deceased and the survivor; changes nothing before the decision."""
        with self._database.reading() as documents:
            claim = self._fund.due(documents, code_of(job))
        if claim.state is not State.RECEIVED:
            return settle_nothing  # withdrawn: nobody is asked about
        errand = Errand(
            provider=self._subsystem, traceparent=claim.traceparent, message_id=claim.code, user_id=claim.user_id
        )
        with on_errand(errand):
            known = await self._verification.verify_people(claim.people, purpose=PURPOSE)
        return partial(self._settle, job, known)

    def _settle(self, job: Job, known: Mapping[str, Verified], documents: Transaction) -> None:
        claim = self._fund.due(documents, code_of(job))
        if claim.state is not State.RECEIVED or claim.turn != turn_of(job):
            return  # withdrawn meanwhile
        deceased, survivor = known["deceased"], known["survivor"]
        claim = replace(
            claim, decided_at=self._clock.now(), verification_transaction_id=deceased.transaction_id,
            verified=deceased.matched and survivor.matched,
        )  # fmt: skip
        unknown = [role for role, verified in known.items() if not verified.matched]
        if unknown:
            self._want_supplement(claim, unknown, documents)
        elif not deceased.deceased:
            self._refuse(claim, "the population database has no death of the deceased", documents)
        elif survivor.deceased:
            self._refuse(claim, "the survivor is deceased", documents)
        else:
            self._grant(claim, date.fromisoformat(deceased.record.death_date), documents)

    def _grant(self, claim: Claim, death_date: date, documents: Transaction) -> None:
        """The participation ends in any case; then what is due is granted, each allowance once."""
        number = claim.people["deceased"].number
        entitled = rules.entitled(self._fund.participant(documents, number))
        claim = replace(claim, pension_stopped=self._fund.end(documents, number))
        if not entitled:
            why = f"the deceased had no pension and had not contributed for {rules.LEAST_MONTHS} months"
            return self._refuse(claim, why, documents)
        kinds = [kind for kind in rules.claimed(claim) if not self._fund.was_granted(documents, kind, number)]
        if not kinds:
            return self._refuse(claim, "what is claimed was granted before", documents)
        for kind in kinds:
            self._fund.grant(documents, kind, number, claim)
        amount = {kind: rules.allowance(kind, death_date) for kind in kinds}
        granted = replace(
            claim, state=State.GRANTED, funeral_allowance=amount.get(rules.FUNERAL, 0),
            survivors_allowance=amount.get(rules.SURVIVORS, 0),
        )  # fmt: skip
        return self._fund.store(documents, granted)

    def _refuse(self, claim: Claim, why: str, documents: Transaction) -> None:
        self._fund.store(documents, replace(claim, state=State.REFUSED, reason=why))

    def _want_supplement(self, claim: Claim, roles: list[str], documents: Transaction) -> None:
        wanting = replace(claim, state=State.SUPPLEMENT, reason=why_unknown(roles), decided_at=0)
        self._fund.store(documents, wanting)
        add_expiry(documents, EXPIRE, claim.code, claim.turn, self._clock)

    async def _expire(self, job: Job) -> Settle:
        """Refuses a claim whose supplement has not come."""

        def settle(documents: Transaction) -> None:
            claim = self._fund.due(documents, code_of(job))
            if claim.state is State.SUPPLEMENT and claim.turn == turn_of(job):
                self._refuse(replace(claim, decided_at=self._clock.now()), TOO_LATE, documents)

        return settle
