"""Lab 7: whoever asks again with another number is found, and so is who does nothing about the colleague's mistake."""

from contextlib import suppress

import grpc

from ndxp.passports.v1.passports_pb2 import SubmitApplicationRequest
from ndxp.passports.v1.passports_pb2_grpc import PassportServiceStub
from tests.labs.conftest import Begin, missing


def test_another_request_id_makes_a_second_application(begin: Begin) -> None:
    course = begin("7")
    place = course.workplace()
    with place.connect() as connection:
        for request_id in ("a", "b"):
            with suppress(grpc.RpcError):
                PassportServiceStub(connection.channel).SubmitApplication(
                    SubmitApplicationRequest(
                        request_id=request_id, citizen_number=place.values["number"], full_name=place.values["name"],
                        birth_date=place.values["birth"], delivery_address="Hà Nội",
                    )
                )  # fmt: skip
    assert missing(course) == ["again", "one", "repair"]
    [result] = [result for result in course.check() if result.task == "one"]
    assert "has 2 applications" in result.verdict.why["en"]


def test_a_check_whose_agency_does_not_answer_says_so_and_passes_nothing(begin: Begin) -> None:
    course = begin("7")
    course.solve()
    place = course.workplace()
    place.fault("code=UNAVAILABLE", role="inspector", provider="VN/GOV/G01/passports")
    place.settle()
    assert missing(course) == ["one", "repair"]
    assert "an agency does not answer" in course.check()[2].verdict.why["en"]
