"""Sample calls to social security."""

from google.protobuf.message import Message

from ndxp.samples.sample import Sample, Turn, false_claim, is_matched, true_claim
from ndxp.social_security.v1 import social_security_pb2 as pb

_METHODS = pb.DESCRIPTOR.services_by_name["SocialSecurityService"].methods_by_name


def _get_participation(turn: Turn) -> list[Message]:
    return [pb.GetParticipationRequest(**true_claim(turn.citizen, turn.number))]


def _get_participation_differing(turn: Turn) -> list[Message]:
    return [pb.GetParticipationRequest(**false_claim(turn.world, turn.citizen, turn.number))]


def _claim_death_benefits(turn: Turn) -> list[Message]:
    migrant, traveller = (turn.world.persona(key).citizen for key in ("migrant", "traveller"))
    survivor = traveller if turn.citizen == migrant else migrant
    return [
        pb.ClaimDeathBenefitsRequest(
            dossier_code=f"sample-{turn.number}", deceased=pb.Person(**true_claim(turn.citizen, turn.number)),
            survivor=pb.Person(**true_claim(survivor)), funeral=True, survivors=turn.number % 2 == 0,
        )
    ]  # fmt: skip


SAMPLES = (
    Sample(
        name="get-participation", method=_METHODS["GetParticipation"], make=_get_participation, yes=is_matched,
        expected=True,
    ),
    Sample(
        name="get-participation-differing", method=_METHODS["GetParticipation"], make=_get_participation_differing,
        yes=is_matched, expected=False,
    ),
    Sample(
        name="claim-death-benefits", method=_METHODS["ClaimDeathBenefits"], make=_claim_death_benefits, drills=1,
    ),
)  # fmt: skip
