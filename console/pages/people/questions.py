"""What the agencies are asked about a citizen, as which member and for which purpose: a question for each register."""

from typing import Any

from google.protobuf.message_factory import GetMessageClass

from console.calls import Question
from console.nation import nation
from ndxp.civil_servants.v1 import civil_servants_pb2
from ndxp.civil_status.v1 import civil_status_pb2
from ndxp.driving_licences.v1 import driving_licences_pb2
from ndxp.education.v1 import education_pb2
from ndxp.health_insurance.v1 import health_insurance_pb2
from ndxp.land.v1 import land_pb2
from ndxp.one_stop.v1 import one_stop_pb2
from ndxp.passports.v1 import passports_pb2
from ndxp.population.v1 import population_pb2
from ndxp.public_services.v1 import public_services_pb2
from ndxp.residence.v1 import residence_pb2
from ndxp.samples.sample import true_claim
from ndxp.social_security.v1 import social_security_pb2
from ndxp.vehicles.v1 import vehicles_pb2
from ndxp.wallet.v1 import wallet_pb2
from ndxp.world import Citizen, province_by_code
from ndxp.world.registers.candidates import Candidates
from ndxp.world.registers.certificates import Certificates
from ndxp.world.registers.civil_servants import CivilServants
from ndxp.world.registers.land_parcels import LandParcels

DOSSIERS, APPLICATIONS = "agency.one_stop", "agency.applications"
"""The keys of the questions about dossiers, which are shown in the time line too."""

_POLICE = "VN/GOV/G01/lgsp"
_WALLET = "VN/GOV/G01/wallet"


def province_of(citizen: Citizen) -> str:
    """The one-stop system of the province in which a citizen lives."""
    return f"VN/GOV/{province_by_code(citizen.current_address.province).agency_code}/one-stop"


def question(member: str, contract: Any, name: str, purpose: str = "", *, to: str = "", **fields: Any) -> Question:
    """A question by a method of the only service of a contract, with these fields in the request."""
    [service] = contract.DESCRIPTOR.services_by_name.values()
    method = service.methods_by_name[name]
    request = GetMessageClass(method.input_type)(**fields)
    return Question(member=member, method=method, request=request, purpose=purpose, provider=to)


def questions(citizen: Citizen) -> dict[str, Question]:
    """All questions about a citizen by the keys of their titles; of those by a register's number, if there is one."""
    claim, number = true_claim(citizen), citizen.number
    here = province_of(citizen)
    hospital = here.replace("/one-stop", "/hospital")
    found = {
        "agency.population": question(here, population_pb2, "GetCitizen", "confirmation of a citizen", **claim),
        "agency.residence": question(here, residence_pb2, "ConfirmResidence", "confirmation of residence", **claim),
        "agency.health_insurance": question(
            here, health_insurance_pb2, "GetCard", "health insurance card",
            number=number, full_name=citizen.full_name, birth_date=citizen.birth_date.isoformat(),
        ),
        "agency.visits": question(hospital, health_insurance_pb2, "ListVisits", "treatment", citizen_number=number),
        "agency.social_security": question(
            here, social_security_pb2, "GetParticipation", "confirmation of participation", **claim
        ),
        "agency.passports": question(_POLICE, passports_pb2, "ListPassports", "border control", citizen_number=number),
        APPLICATIONS: question(here, passports_pb2, "ListApplications", "passport", citizen_number=number),
        "agency.licences": question(_WALLET, driving_licences_pb2, "ListLicences", "wallet", citizen_number=number),
        "agency.vehicles": question(_WALLET, vehicles_pb2, "ListRegistrations", "wallet", citizen_number=number),
        "agency.wallet": question(_WALLET, wallet_pb2, "GetDocuments", "wallet", **claim),
        "agency.account": question(_WALLET, public_services_pb2, "GetAccount", "account", citizen_number=number),
        DOSSIERS: question(
            here, one_stop_pb2, "ListDossiers", "dossiers of a citizen", to=here, citizen_number=number
        ),
    }  # fmt: skip
    if certificate := nation().entry(Certificates, number):
        found["agency.civil_status"] = question(
            here, civil_status_pb2, "GetCertificate", "extract of a birth certificate",
            certificate_number=certificate.number, full_name=citizen.full_name,
            birth_date=certificate.birth_date.isoformat(),
        )  # fmt: skip
    if parcel := nation().entry(LandParcels, number):
        found["agency.land"] = question(
            here, land_pb2, "GetParcel", "land certificate", certificate_number=parcel.number, owner_number=number
        )
    if candidate := nation().entry(Candidates, number):
        found["agency.education"] = question(
            "VN/GOV/G03/lgsp", education_pb2, "GetCandidate", "examination registration", candidate_code=candidate.code
        )
    if servant := nation().entry(CivilServants, number):
        part = "lgsp" if servant.body.startswith("G") else "one-stop"
        found["agency.civil_servants"] = question(
            f"VN/GOV/{servant.body}/{part}", civil_servants_pb2, "GetProfile", "civil servant profile",
            citizen_number=number,
        )  # fmt: skip
    return found
