"""What a pupil does in lab 14."""

from hashlib import sha256

from ndxp.exchange.v1.exchange_pb2 import RequestGrantRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.labs import Workplace
from ndxp.population.v1.population_pb2 import GetCitizenRequest, VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub

_PURPOSE = "consent of the person"


def solve(place: Workplace) -> None:
    """Links, opens, finds, asks with less, and makes a grant small."""
    values = place.values
    hospital, office = (
        place.admin.get("/transactions", client=place.subsystems[role], limit=1000) for role in ("hospital", "office")
    )
    [shown] = [record for record in hospital if record["transaction_id"] == values["transaction"]]
    place.answers["link"] = next(r["transaction_id"] for r in office if r["subjects"] == shown["subjects"])
    place.answers["plain"] = _number_of(values["hidden"], values["code"], int(values["year"]))
    about = [record for record in hospital if place.subject(values["number"]) in record["subjects"]]
    busy = {record["user_id"] for record in about if record["method"].endswith("/CheckIn")}
    place.answers["curious"] = next(record["user_id"] for record in about if record["user_id"] not in busy)
    place.answers["words"] = next(r["transaction_id"] for r in office if r["purpose"].startswith("divorce of"))
    who = {"citizen_number": values["number"], "full_name": values["name"], "birth_date": values["birth"]}
    with place.connect("office") as connection:
        PopulationServiceStub(connection.channel).VerifyCitizen(
            VerifyCitizenRequest(**who), metadata=[("x-ndxp-purpose", "residence registration")]
        )
    place.admin.send("DELETE", f"/grants/{values['grant']}")
    place.settle()
    with place.connect("bank") as connection:
        request = RequestGrantRequest(
            request_id="lab-14", provider="VN/GOV/G01/population", contract="ndxp.population.v1.PopulationService",
            methods=["GetCitizen"], purposes=[_PURPOSE], fields=["citizen.full_name", "citizen.deceased"],
            valid_until="2030-12-31", because="accounts are opened with the consent of the person",
        )  # fmt: skip
        stored = ExchangeServiceStub(connection.channel).RequestGrant(request).grant_request
        place.admin.send("POST", f"/grant-requests/{stored.id}/approve", body={})
        place.settle()
        PopulationServiceStub(connection.channel).GetCitizen(
            GetCitizenRequest(**who), metadata=[("x-ndxp-purpose", _PURPOSE)]
        )


def _number_of(hidden: str, province: str, year: int) -> str:
    """The number of a man whose plain hash this is, found by trying all."""
    beginning = f"{province}{2 * (year // 100 - 19)}{year % 100:02}"
    numbers = (f"{beginning}{serial:06}" for serial in range(1_000_000))
    return next(number for number in numbers if sha256(number.encode()).hexdigest() == hidden)
