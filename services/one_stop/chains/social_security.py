"""Steps at Vietnam Social Security: a child's health-insurance card, the allowances on a death."""

from collections.abc import Sequence

from ndxp.agency.dossier_code import body_of
from ndxp.agency.onward import Onward, OnwardMethod
from ndxp.agency.place import province_of
from ndxp.health_insurance.v1 import health_insurance_pb2 as insurance
from ndxp.life_events.v1 import life_events_pb2 as linked_pb
from ndxp.one_stop.v1 import one_stop_pb2 as one_stop
from ndxp.social_security.v1 import social_security_pb2 as pb
from services.one_stop.chains.civil_status import child_name
from services.one_stop.chains.step import Outcome, Progress, Result, Step
from services.one_stop.records import registered_number

_ISSUE = OnwardMethod(
    insurance.DESCRIPTOR.services_by_name["HealthInsuranceService"].methods_by_name["IssueChildCard"],
    insurance.IssueChildCardResponse, "the health-insurance card", "CARD",
)  # fmt: skip
_METHODS = pb.DESCRIPTOR.services_by_name["SocialSecurityService"].methods_by_name
_CLAIM = OnwardMethod(
    _METHODS["ClaimDeathBenefits"], pb.ClaimDeathBenefitsResponse, "the claim of the allowances", "ALLOWANCES"
)
_SUPPLEMENT = OnwardMethod(
    _METHODS["SupplementClaim"], pb.SupplementClaimResponse, "the supplement of the claim", "SUPPLEMENT"
)
_GET_CLAIM = OnwardMethod(_METHODS["GetClaim"], pb.GetClaimResponse, "the answer to the claim", "CLAIM")
_PROGRESS = {
    pb.CLAIM_STATE_GRANTED: Progress.DONE,
    pb.CLAIM_STATE_REFUSED: Progress.REFUSED,
    pb.CLAIM_STATE_SUPPLEMENT: Progress.SUPPLEMENT,
}
_FUNERAL, _SURVIVORS = linked_pb.PROCEDURE_FUNERAL_ALLOWANCE, linked_pb.PROCEDURE_SURVIVORS_ALLOWANCE


async def _issue_card(onward: Onward, dossier: one_stop.Dossier, request_id: str) -> Outcome:
    birth = dossier.linked.birth
    request = insurance.IssueChildCardRequest(
        request_id=request_id, citizen_number=registered_number(dossier), full_name=child_name(birth),
        birth_date=birth.birth_date, province=province_of(body_of(dossier.code)),
    )  # fmt: skip
    given = await onward.call(_ISSUE, request)
    card = Result(
        linked_pb.PROCEDURE_HEALTH_INSURANCE_CARD, "issued the health-insurance card", given.answer.card.card_number
    )
    return Outcome(progress=Progress.DONE, transaction_id=given.transaction_id, results=[card])


def _claims(dossier: one_stop.Dossier) -> bool:
    return bool({_FUNERAL, _SURVIVORS} & set(dossier.linked.procedures))


async def _claim(onward: Onward, dossier: one_stop.Dossier, request_id: str) -> Outcome:
    death, procedures = dossier.linked.death, dossier.linked.procedures
    request = pb.ClaimDeathBenefitsRequest(
        request_id=request_id, dossier_code=dossier.code, deceased=_person(death.deceased),
        survivor=_person(death.survivor), funeral=_FUNERAL in procedures, survivors=_SURVIVORS in procedures,
    )  # fmt: skip
    given = await onward.call(_CLAIM, request)
    return Outcome(progress=Progress.WAITING, transaction_id=given.transaction_id, code=given.answer.claim.code)


async def _supplement(onward: Onward, dossier: one_stop.Dossier, code: str, request_id: str) -> Outcome:
    death = dossier.linked.death
    request = pb.SupplementClaimRequest(
        request_id=request_id, code=code, deceased=_person(death.deceased), survivor=_person(death.survivor)
    )
    given = await onward.call(_SUPPLEMENT, request)
    return Outcome(progress=Progress.WAITING, transaction_id=given.transaction_id, code=code)


async def _ask(onward: Onward, filings: Sequence[str]) -> Sequence[Outcome]:
    [code] = filings
    given = await onward.call(_GET_CLAIM, pb.GetClaimRequest(code=code))
    claim = given.answer.claim
    results = [
        Result(_FUNERAL, "granted the funeral allowance", str(claim.funeral_allowance)),
        Result(_SURVIVORS, "granted the survivors' allowance", str(claim.survivors_allowance)),
    ]
    return [
        Outcome(
            progress=_PROGRESS.get(claim.state, Progress.WAITING), code=code, reason=claim.reason,
            transaction_id=given.transaction_id, results=results,
        )
    ]  # fmt: skip


def _person(person: linked_pb.Person) -> pb.Person:
    return pb.Person(citizen_number=person.citizen_number, full_name=person.full_name, birth_date=person.birth_date)


ISSUE_CARD = Step(
    name="card", agency="VN/GOV/G24/health-insurance", procedure=linked_pb.PROCEDURE_HEALTH_INSURANCE_CARD,
    what="asked for the child's health-insurance card", file=_issue_card,
)  # fmt: skip

CLAIM_ALLOWANCES = Step(
    name="allowances", agency="VN/GOV/G24/social-security", procedure=_FUNERAL,
    what="claimed the allowances at social security", file=_claim, ask=_ask, supplement=_supplement,
    wanted=_claims,
)  # fmt: skip
