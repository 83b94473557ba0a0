"""A cassette has no personal data, and answers as the agency did."""

import json
from pathlib import Path
from typing import Any

import pytest

from ndxp.errors import AgencyError, Code
from ndxp.health_insurance.v1 import health_insurance_pb2 as pb
from ndxp.testing.cassette import Cassette, CassetteRefused, Player, Recorder

SERVICE = pb.DESCRIPTOR.services_by_name["HealthInsuranceService"]
CHECK_IN = SERVICE.methods_by_name["CheckIn"]


def request(number: str, name: str = "Nguyễn Ngọc Tuấn", request_id: str = "first") -> pb.CheckInRequest:
    return pb.CheckInRequest(
        request_id=request_id, citizen_number=number, full_name=name, birth_date="1979-07-20", facility="01001"
    )


def answer(number: str, code: str) -> pb.CheckInResponse:
    made = pb.CheckInResponse(admitted=code == "000", result_code=code, note=f"Thẻ của {number}")
    made.visit.citizen_number = number
    made.visit.recorded_at.FromMicroseconds(1_688_000_000_000_000)
    return made


AN, BINH = "074079255028", "001320957748"


def recorded(*, keep: list[str]) -> Cassette:
    cassette = Cassette(SERVICE.full_name, keep)
    recorder = Recorder(cassette)
    for number, code in ((AN, "000"), (BINH, "003"), (AN, "004")):
        asked, answered = request(number), answer(number, code)
        recorder.answered(CHECK_IN, asked.SerializeToString(), answered.SerializeToString())
    recorder.failed(CHECK_IN, request("1").SerializeToString(), Code.NOT_FOUND, "CITIZEN_UNKNOWN", "citizen_number")
    return cassette


def test_a_cassette_has_nothing_of_what_was_said_of_people(tmp_path: Path) -> None:
    path = tmp_path / "cassette.json"
    recorded(keep=["result_code"]).write(path)
    text = path.read_text(encoding="utf-8")
    for personal in (AN, BINH, "Tuấn", "1979", "01001", "first", "Thẻ", "2023"):
        assert personal not in text
    first, second, third, _ = json.loads(text)["exchanges"]
    assert [each["answer"]["result_code"] for each in (first, second, third)] == ["000", "003", "004"]
    # The same value has the same placeholder in requests and answers, and keeps its form.
    number = first["request"]["citizen_number"]
    assert (len(number), number.isdigit()) == (12, True)
    assert number == first["answer"]["visit"]["citizen_number"] == third["request"]["citizen_number"]
    assert number != second["request"]["citizen_number"]
    assert first["request"]["birth_date"].startswith("1900-01-")


def test_a_cassette_answers_with_what_the_caller_has_sent_and_in_the_recorded_order() -> None:
    play: Any = Player(recorded(keep=["result_code"])).answers(CHECK_IN)
    first = play(request("111111111111", "Ai đó", "a"))
    assert (first.admitted, first.result_code) == (True, "000")
    assert first.visit.citizen_number == "111111111111"
    assert play(request("222222222222", "Ai đó", "a")).result_code == "003"
    assert play(request("111111111111", "Ai đó", "a")).result_code == "004"
    assert play(request("111111111111", "Ai đó", "a")).result_code == "004"


def test_an_error_is_answered_with_its_code_reason_and_field() -> None:
    play = Player(recorded(keep=["result_code"])).answers(CHECK_IN)
    for number in ("1" * 12, "2" * 12, "1" * 12):
        play(request(number))
    with pytest.raises(AgencyError) as raised:
        play(request("3"))
    error = raised.value
    assert (error.code, error.reason, error.field) == (Code.NOT_FOUND, "CITIZEN_UNKNOWN", "citizen_number")


def test_a_request_that_was_not_recorded_is_refused() -> None:
    play = Player(recorded(keep=["citizen_number"])).answers(CHECK_IN)
    with pytest.raises(AgencyError, match="no such call of CheckIn"):
        play(request("999999999999"))
    with pytest.raises(AgencyError, match="no such call of CheckIn"):
        play(pb.CheckInRequest(citizen_number=AN))


def test_a_cassette_is_read_as_it_was_written(tmp_path: Path) -> None:
    cassette = recorded(keep=[])
    cassette.write(tmp_path / "cassette.json")
    assert Cassette.read(tmp_path / "cassette.json") == cassette


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "another"}', '{"format": "ndxp cassette 1"}'])
def test_a_file_that_is_no_cassette_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cassette.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CassetteRefused, match="is no cassette"):
        Cassette.read(path)


def test_a_cassette_of_another_version_of_the_contract_is_refused() -> None:
    cassette = recorded(keep=[])
    cassette.exchanges[0].request["no_such_field"] = "x"
    with pytest.raises(CassetteRefused, match="another version"):
        Player(cassette).answers(CHECK_IN)
