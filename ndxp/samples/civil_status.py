"""Sample calls to civil status."""

from typing import Any

from google.protobuf.message import Message

from ndxp.civil_status.v1 import civil_status_pb2 as pb
from ndxp.samples.sample import Sample, Turn, can_be_mother, true_claim
from ndxp.world.registers.certificates import Certificates

_METHODS = pb.DESCRIPTOR.services_by_name["CivilStatusService"].methods_by_name


def _submit_birth(turn: Turn) -> list[Message]:
    return [
        pb.SubmitBirthRequest(
            dossier_code=f"sample-{turn.number}", surname="Trần", middle_name="Minh", given_name="An", sex=2,
            birth_date="2023-06-15", province=turn.citizen.birth_registration.province,
            mother=pb.Person(**true_claim(turn.citizen, turn.number)),
        )
    ]  # fmt: skip


def _submit_death(turn: Turn) -> list[Message]:
    return [
        pb.SubmitDeathRequest(
            dossier_code=f"sample-{turn.number}", deceased=pb.Person(**true_claim(turn.citizen, turn.number)),
            death_date="2023-06-30", province=turn.citizen.birth_registration.province,
        )
    ]  # fmt: skip


def _get_certificate(turn: Turn) -> list[Message]:
    """As the certificate has it, which is not always as the population database has it."""
    entry = turn.world.entry(Certificates, turn.citizen.number)
    if entry is None:
        raise LookupError("everybody has a birth certificate")
    claim = {**true_claim(turn.citizen, turn.number), "birth_date": entry.birth_date.isoformat()}
    del claim["citizen_number"]
    return [pb.GetCertificateRequest(certificate_number=entry.number, **claim)]


def _get_certificate_differing(turn: Turn) -> list[Message]:
    """In turn a wrong name, a wrong birth date, a number that no certificate has."""
    [request] = _get_certificate(turn)
    wrong = (("full_name", "Nguyễn Không Có"), ("birth_date", "1899"), ("certificate_number", "KS-001-1899-0000000"))
    setattr(request, *wrong[turn.number % len(wrong)])
    return [request]


def _agrees(answer: Any) -> bool:
    return bool(answer.result == pb.CERTIFICATE_RESULT_AGREES)


SAMPLES = (
    Sample(name="submit-birth", method=_METHODS["SubmitBirth"], make=_submit_birth, suits=can_be_mother, drills=1),
    Sample(name="submit-death", method=_METHODS["SubmitDeath"], make=_submit_death),
    Sample(
        name="get-certificate", method=_METHODS["GetCertificate"], make=_get_certificate, yes=_agrees, expected=True
    ),
    Sample(
        name="get-certificate-differing", method=_METHODS["GetCertificate"], make=_get_certificate_differing,
        yes=_agrees, expected=False,
    ),
)  # fmt: skip
