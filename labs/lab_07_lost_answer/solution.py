"""What a pupil does in lab 7."""

from contextlib import suppress

import grpc

from ndxp.labs import Workplace
from ndxp.passports.v1 import passports_pb2 as pb
from ndxp.passports.v1.passports_pb2_grpc import PassportServiceStub


def solve(place: Workplace) -> None:
    """Sends the same request until the answer comes, and withdraws one of the colleague's applications."""
    values = place.values
    request = pb.SubmitApplicationRequest(
        request_id="lab-7", citizen_number=values["number"], full_name=values["name"], birth_date=values["birth"],
        delivery_address="Hà Nội",
    )  # fmt: skip
    with place.connect() as connection:
        passports = PassportServiceStub(connection.channel)
        with suppress(grpc.RpcError):
            passports.SubmitApplication(request)
        passports.SubmitApplication(request)
        passports.ListApplications(pb.ListApplicationsRequest(citizen_number=values["number"]))
        of_other = passports.ListApplications(pb.ListApplicationsRequest(citizen_number=values["other"]))
        doubled = of_other.applications[0].application_id
        passports.WithdrawApplication(pb.WithdrawApplicationRequest(request_id="lab-7-w", application_id=doubled))
