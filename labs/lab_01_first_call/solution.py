"""What a pupil does in lab 1."""

from ndxp.labs import Workplace
from ndxp.passports.v1.passports_pb2 import SubmitApplicationRequest
from ndxp.passports.v1.passports_pb2_grpc import PassportServiceStub
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

_WHO = {"citizen_number": "074079255028", "full_name": "Nguyễn Ngọc Tuấn", "birth_date": "1979-07-20"}


def solve(place: Workplace) -> None:
    """Makes both calls, and looks their transactions up in the ledger."""
    with place.connect() as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(VerifyCitizenRequest(**_WHO))
        PassportServiceStub(connection.channel).SubmitApplication(
            SubmitApplicationRequest(request_id="lab-1", delivery_address="Hà Nội", **_WHO)
        )
    verification = next(record for record in place.records() if record["method"].endswith("/VerifyCitizen"))
    place.answers["transaction"] = verification["transaction_id"]
    place.answers["size"] = str(verification["response_size"])
    application = place.calls(method="SubmitApplication")[-1].transaction_id
    asked = place.admin.get("/transactions", client="VN/GOV/G01/passports", after=place.since)
    place.answers["nested"] = next(each["transaction_id"] for each in asked if each["message_id"] == application)
