"""``ndxp call`` calls any method of the running exchange."""

import json
import uuid
from typing import Any

import grpc
import pytest

from ndxp.errors import RULES, Code, Reason
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.steps import CallStep
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from ndxp.world import World
from tests.ndxp.cli.conftest import Ndxp

POPULATION = "ndxp.population.v1.PopulationService"
VERIFY = f"{POPULATION}/VerifyCitizen"
BATCH = f"{POPULATION}/BatchVerifyCitizens"
INSURANCE = "ndxp.health_insurance.v1.HealthInsuranceService"
ACCESS_LOG = "ndxp.access_log.v1.AccessLogService/CountAccesses"
ACCESSES = "ndxp.access_log.v1.AccessLogService/ListAccesses"
WITHOUT_GRANT = "VN/GOV/G27/lgsp"
HOSPITAL = "VN/GOV/H26/hospital"
DENIED = 64 + Code.PERMISSION_DENIED


def claim(persona: str = "traveller", **others: Any) -> dict[str, Any]:
    """The request that verifies a persona."""
    citizen = World().persona(persona).citizen
    born = citizen.birth_date.isoformat()
    return {"citizenNumber": citizen.number, "fullName": citizen.full_name, "birthDate": born, **others}


def test_a_province_verifies_a_citizen(ndxp: Ndxp) -> None:
    ran = ndxp("call", VERIFY, json.dumps(claim()), "--as", "VN/GOV/H26/one-stop")
    assert ran.code == 0
    assert ran.data == {"matched": True}


@pytest.mark.parametrize("option", ["--provider", "--fault"])
def test_what_metadata_cannot_carry_is_wrong_usage_and_says_why(ndxp: Ndxp, option: str) -> None:
    ran = ndxp("call", VERIFY, json.dumps(claim()), option, "điều trị")
    assert ran.code == 2
    assert "điều trị" in ran.complaint
    assert "ASCII" in ran.complaint


def test_the_transaction_of_a_call_goes_to_stderr_and_is_in_the_ledger(ndxp: Ndxp) -> None:
    ran = ndxp("call", VERIFY, json.dumps(claim()))
    word, transaction = ran.err.split()
    assert word == "transaction"
    assert [record["method"] for record in ndxp("log", "show", transaction, "--json").data] == [VERIFY]


def test_json_holds_the_answers_and_the_transaction(ndxp: Ndxp) -> None:
    ran = ndxp("call", VERIFY, json.dumps(claim()), "--json")
    assert ran.code == 0
    assert ran.data["answers"] == [{"matched": True}]
    assert ndxp("log", "show", ran.data["transaction_id"]).code == 0
    assert ran.err == ""


def test_fields_may_be_named_as_in_the_contract(ndxp: Ndxp) -> None:
    snake = {"citizen_number": claim()["citizenNumber"], "full_name": claim()["fullName"], "birth_date": "1979"}
    assert ndxp("call", VERIFY, json.dumps(snake)).data == {"matched": True}


def test_a_call_without_a_grant_is_refused_with_reason_hop_and_remedy_in_both_languages(ndxp: Ndxp) -> None:
    ran = ndxp("call", VERIFY, json.dumps(claim()), "--as", WITHOUT_GRANT)
    rule = RULES[Reason.ACCESS_DENIED]
    assert ran.code == DENIED == 71
    assert ran.out == ""
    first, message, vietnamese, remedy, explain = ran.err.splitlines()
    assert first == "PERMISSION_DENIED ACCESS_DENIED at gateway/authorise"
    assert WITHOUT_GRANT in message
    assert vietnamese == rule.meaning_vi
    assert remedy == f"What to do: {rule.remedy}"
    assert "`ndxp explain " in explain


def test_a_refusal_of_the_gateway_is_told_in_vietnamese_with_what_it_names(
    ndxp: Ndxp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDXP_LANG", "vi")
    _, vietnamese, why, *_ = ndxp("call", VERIFY, "{}", "--as", WITHOUT_GRANT).err.splitlines()
    assert vietnamese == RULES[Reason.ACCESS_DENIED].meaning_vi
    assert f"{WITHOUT_GRANT} không có quyền gọi VerifyCitizen" in why


def test_json_of_a_refused_call_holds_all_that_is_known(ndxp: Ndxp) -> None:
    ran = ndxp("call", VERIFY, "{}", "--as", WITHOUT_GRANT, "--json")
    error = ran.data["error"]
    rule = RULES[Reason.ACCESS_DENIED]
    assert ran.code == DENIED
    assert ran.data["answers"] == []
    assert (error["code"], error["reason"]) == ("PERMISSION_DENIED", "ACCESS_DENIED")
    assert (error["hop"], error["remedy"], error["origin"]) == (rule.hop, rule.remedy, "gateway")
    assert error["message_vi"] == rule.meaning_vi
    assert ran.data["transaction_id"]


def test_the_explanation_of_an_answered_call_shows_every_step_passed(ndxp: Ndxp) -> None:
    transaction = ndxp("call", VERIFY, json.dumps(claim()), "--json").data["transaction_id"]
    told = ndxp("explain", transaction, "--json").data
    names = ["identify", "authorise", "admit", "resolve", "journal", "fault", "forward", "answer"]
    assert [step["name"] for step in told["steps"]] == names
    assert {step["decision"] for step in told["steps"]} == {"passed"}
    assert told["verdict"].endswith("got its answer")
    assert told["remedy"] == ""


def test_the_explanation_of_a_refused_call_names_the_step_that_refused_and_what_to_do(ndxp: Ndxp) -> None:
    transaction = ndxp("call", VERIFY, "{}", "--as", WITHOUT_GRANT, "--json").data["transaction_id"]
    told = ndxp("explain", transaction, "--json").data
    decisions = {step["name"]: step["decision"] for step in told["steps"]}
    assert decisions["identify"] == "passed"
    assert decisions["authorise"] == "refused"
    assert decisions["forward"] == "not reached"
    why = next(step["why"] for step in told["steps"] if step["name"] == "authorise")
    assert WITHOUT_GRANT in why
    assert told["remedy"] == RULES[Reason.ACCESS_DENIED].remedy


def test_an_explanation_in_text_has_a_line_for_every_step(ndxp: Ndxp) -> None:
    transaction = ndxp("call", VERIFY, "{}", "--as", WITHOUT_GRANT, "--json").data["transaction_id"]
    ran = ndxp("explain", transaction)
    assert ran.code == 0
    for word in ("identify", "authorise", "refused", "not reached", "What to do: "):
        assert word in ran.out


def test_an_explanation_and_a_record_have_their_own_words_in_vietnamese(
    ndxp: Ndxp, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = ndxp("call", VERIFY, "{}", "--as", WITHOUT_GRANT, "--json").data["transaction_id"]
    monkeypatch.setenv("NDXP_LANG", "vi")
    told = ndxp("explain", transaction).out
    for word in ("quyết định", "đã qua", "bị từ chối", "chưa tới", "Cần làm: ", f"{WITHOUT_GRANT} đã gọi {VERIFY}"):
        assert word in told
    steps = ("nhận diện", "xét quyền", "tiếp nhận", "tìm bên cung cấp", "ghi nhật ký", "chuyển tiếp", "trả lời")
    assert [step for step in steps if step not in told] == []
    assert f"{WITHOUT_GRANT} không có quyền gọi VerifyCitizen" in " ".join(told.split())
    english = ndxp("explain", transaction, "--json").data
    assert english["remedy"] == RULES[Reason.ACCESS_DENIED].remedy
    assert [step["name"] for step in english["steps"]] == list(CallStep)
    assert ndxp("log", "show", transaction).out.split("\n")[0].split() == [transaction, "kết", "quả"]


@pytest.mark.parametrize(
    ("command", "vietnamese", "english"),
    [
        (("explain", "no-such"), "sổ cái không có giao dịch no-such", "the ledger has no transaction no-such"),
        (("grants", "remove", "no-such"), "không có quyền no-such", "there is no grant no-such"),
        (("fault", "remove", "no-such"), "không có lỗi giả lập no-such", "there is no fault no-such"),
    ],
)
def test_what_the_admin_api_refuses_is_told_in_the_language_of_the_user(
    ndxp: Ndxp, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], vietnamese: str, english: str
) -> None:
    assert english in ndxp(*command).complaint
    monkeypatch.setenv("NDXP_LANG", "vi")
    assert vietnamese in ndxp(*command).complaint


@pytest.mark.parametrize("method", [f"{POPULATION}/VerifyCitizens", "nobody.v1.Nothing/Do", "nonsense"])
def test_an_unknown_method_or_service_is_refused_by_the_gateway(ndxp: Ndxp, method: str) -> None:
    ran = ndxp("call", method, "{}", "--json")
    assert ran.code == 64 + Code.UNIMPLEMENTED
    assert ran.data["error"]["reason"] == "UNKNOWN_SERVICE"
    assert "`ndxp services`" in ran.data["error"]["remedy"]


@pytest.mark.parametrize("name", ["PopulationService/VerifyCitizen", "VerifyCitizen"])
def test_a_short_name_will_do_if_only_one_method_has_it(ndxp: Ndxp, name: str) -> None:
    ran = ndxp("call", name, json.dumps(claim()), "--json")
    assert ran.data["answers"] == [{"matched": True}]
    assert [record["method"] for record in ndxp("log", "show", ran.data["transaction_id"], "--json").data] == [VERIFY]


def test_a_short_name_of_several_methods_lists_them_and_calls_none(ndxp: Ndxp) -> None:
    ran = ndxp("call", "SubmitBirth", "{}")
    assert ran.code == 2
    assert "may be ndxp.civil_status.v1.CivilStatusService/SubmitBirth, ndxp.life_events.v1." in ran.complaint


@pytest.mark.parametrize("name", [f"{POPULATION}/VerifyCitizens", "VerifyCitizn"])
def test_a_misspelt_method_is_refused_with_the_one_that_may_be_meant(ndxp: Ndxp, name: str) -> None:
    ran = ndxp("call", name, "{}")
    assert ran.code == 64 + Code.UNIMPLEMENTED
    assert f"Did you mean {VERIFY}?" in ran.err.splitlines()
    assert ndxp("call", name, "{}", "--json").data["error"]["did_you_mean"] == VERIFY


def test_an_unknown_field_is_wrong_usage_and_the_fields_there_are_are_named(
    ndxp: Ndxp, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = ndxp("call", VERIFY, '{"citizenNo": "074079255028"}')
    assert ran.code == 2
    assert '"citizenNo"' in ran.complaint
    assert ran.complaint.endswith("; its fields are citizenNumber, fullName, birthDate")
    monkeypatch.setenv("NDXP_LANG", "vi")
    vietnamese = ndxp("call", VERIFY, '{"citizenNo": "074079255028"}').complaint
    assert vietnamese.endswith("; các trường của nó là citizenNumber, fullName, birthDate")


@pytest.mark.parametrize("request_", ["5", "null", '"text"', '{"citizenNumber": 5}', '{"citizenNumber": {}}'])
def test_json_of_another_shape_is_wrong_usage(ndxp: Ndxp, request_: str) -> None:
    ran = ndxp("call", VERIFY, request_)
    assert ran.code == 2
    assert ran.complaint.startswith("the request does not fit VerifyCitizenRequest: ")


@pytest.mark.parametrize("request_", ["{", "", "citizenNumber=1"])
def test_what_is_no_json_is_wrong_usage(ndxp: Ndxp, request_: str) -> None:
    ran = ndxp("call", VERIFY, request_)
    assert ran.code == 2
    assert ran.complaint.startswith("the request is not JSON: ")


@pytest.mark.parametrize("request_", ["[]", "[{}, {}]"])
def test_a_method_of_one_message_takes_no_more_and_no_less(ndxp: Ndxp, request_: str) -> None:
    ran = ndxp("call", VERIFY, request_)
    assert ran.code == 2
    assert "takes one message" in ran.complaint


def test_a_malformed_citizen_number_is_refused_by_the_agency_and_repeated_nowhere(ndxp: Ndxp) -> None:
    number = "98765432109876"
    ran = ndxp("call", VERIFY, json.dumps(claim(citizenNumber=number)), "--json")
    assert ran.code == 64 + Code.INVALID_ARGUMENT
    assert ran.data["error"]["origin"] == "provider"
    transaction = ran.data["transaction_id"]
    texts = [ran.out, ran.err, ndxp("log", "show", transaction).out, ndxp("explain", transaction).out]
    assert [text for text in texts if number in text] == []


def test_an_array_is_a_stream_and_every_answer_is_printed(ndxp: Ndxp) -> None:
    items = [claim("traveller", itemId="a"), claim("elder", itemId="b", fullName="Somebody Else")]
    answers = ndxp("call", BATCH, json.dumps(items), "--json").data["answers"]
    assert {answer["itemId"]: answer["matched"] for answer in answers} == {"a": True, "b": False}


def test_a_dash_reads_a_message_a_line_from_stdin(ndxp: Ndxp) -> None:
    lines = "\n\n".join(json.dumps(claim(itemId=str(number))) for number in range(3))
    answers = ndxp("call", BATCH, "-", "--json", given=lines).data["answers"]
    assert sorted(answer["itemId"] for answer in answers) == ["0", "1", "2"]


def test_a_client_stream_gets_one_answer_and_a_server_stream_shows_what_it_did(ndxp: Ndxp) -> None:
    address = {
        "province": "001",
        "district": "Quận Đống Đa",
        "ward": "Phường Láng Hạ",
        "detail": "Số 1 đường Láng",
    }
    people = [World().persona(key).citizen for key in ("migrant", "elder")]
    changes = [
        {"requestId": str(uuid.uuid4()), "citizenNumber": citizen.number, "currentAddress": address}
        for citizen in people
    ]
    end = ndxp("call", f"{POPULATION}/WatchChanges", '{"stopAtEnd": true}', "--json").data["answers"]
    (answer,) = ndxp("call", f"{POPULATION}/UploadChanges", json.dumps(changes), "--json").data["answers"]
    assert (answer["accepted"], answer["replayed"], answer["rejected"]) == (2, 0, 0)
    since = {"cursor": end[-1]["cursor"] if end else "", "stopAtEnd": True}
    watched = ndxp("call", f"{POPULATION}/WatchChanges", json.dumps(since), "--json").data["answers"]
    assert {citizen.number for citizen in people} <= {change["citizenNumber"] for change in watched}


def test_a_call_ends_at_its_deadline(ndxp: Ndxp) -> None:
    ran = ndxp("call", f"{POPULATION}/WatchChanges", "{}", "--deadline", "0.3")
    assert ran.code == 64 + Code.DEADLINE_EXCEEDED
    assert ran.err.startswith("DEADLINE_EXCEEDED")


def test_the_same_request_again_gets_the_first_answer(ndxp: Ndxp) -> None:
    request = json.dumps(claim(requestId=str(uuid.uuid4()), facility="01001"))
    first, again = (ndxp("call", f"{INSURANCE}/CheckIn", request, "--as", HOSPITAL).data for _ in range(2))
    assert first["admitted"]
    assert again == first


def test_a_call_on_behalf_of_an_officer_keeps_purpose_and_officer_in_the_ledger(ndxp: Ndxp) -> None:
    words = ("call", VERIFY, json.dumps(claim()), "--purpose", "marriage-certificate", "--user", "officer-7", "--json")
    (record,) = ndxp("log", "show", ndxp(*words).data["transaction_id"], "--json").data
    assert (record["purpose"], record["user_id"]) == ("marriage-certificate", "officer-7")


def test_a_refusal_in_vietnamese_begins_with_the_vietnamese_text_and_says_what_to_do(
    ndxp: Ndxp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDXP_LANG", "vi")
    refused = ndxp("call", VERIFY, "{}", "--as", WITHOUT_GRANT)
    head, first, second, remedy, last = refused.err.splitlines()
    assert refused.code == DENIED
    assert head == "PERMISSION_DENIED ACCESS_DENIED tại cổng/xét quyền"
    assert first == RULES[Reason.ACCESS_DENIED].meaning_vi
    assert WITHOUT_GRANT in second
    assert remedy.startswith("Cần làm: đề nghị bên cung cấp cấp quyền: `ndxp grants request`")
    assert last.startswith("giao dịch ")


def test_an_officer_with_diacritics_has_his_name_in_the_ledger_and_at_every_agency_on_the_way(ndxp: Ndxp) -> None:
    officer, purpose = "Trần Văn B", "khám bệnh, chữa bệnh"
    request = json.dumps(claim(requestId=str(uuid.uuid4()), facility="01001"))
    words = ("call", f"{INSURANCE}/CheckIn", request, "--as", HOSPITAL, "--user", officer, "--purpose", purpose)
    transaction = ndxp(*words, "--json").data["transaction_id"]
    first, second = ndxp("log", "show", transaction, "--json").data
    assert {(each["user_id"], each["purpose"]) for each in (first, second)} == {(officer, purpose)}
    [nested] = ndxp("log", "search", "--message-id", transaction, "--user-id", officer, "--json").data
    assert nested["service"] == "VN/GOV/G01/population"
    for provider, expected in ((first["service"], transaction), (nested["service"], nested["transaction_id"])):
        listing = (
            "call",
            ACCESSES,
            '{"pageSize": 5000}',
            "--as",
            "VN/GOV/G22/operations",
            "--provider",
            provider,
            "--json",
        )
        seen = {each["transactionId"]: each.get("userId") for each in ndxp(*listing).data["answers"][0]["accesses"]}
        assert seen[expected] == officer


def test_a_name_that_is_encoded_wrongly_is_refused_with_its_field(exchange: RunningExchange) -> None:
    with exchange.connect("VN/GOV/H26/one-stop") as connection:
        stub = PopulationServiceStub(connection.channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.VerifyCitizen(VerifyCitizenRequest(), metadata=((metadata.USER_ID, "UTF-8''%FF"),))
    failure = status.decode(refused.value)
    assert (failure.reason, failure.code) == (Reason.INVALID_METADATA, Code.INVALID_ARGUMENT)
    assert metadata.USER_ID in failure.message


def test_a_service_of_several_providers_needs_one_named(ndxp: Ndxp) -> None:
    words = ("call", ACCESS_LOG, "{}", "--as", "VN/GOV/G22/operations", "--json")
    unclear = ndxp(*words)
    assert unclear.code == 64 + Code.NOT_FOUND
    assert unclear.data["error"]["reason"] == "UNKNOWN_PROVIDER"
    assert ndxp(*words, "--provider", "VN/GOV/G01/passports").code == 0


@pytest.mark.parametrize(
    ("caller", "says"),
    [
        ("VN/GOV/Z99", "VN/GOV/Z99 is not on this exchange; `ndxp members` lists the members"),
        ("VN/GOV/Z99/one-stop", "no credentials of VN/GOV/Z99/one-stop; `ndxp members` lists the members"),
        ("Hà Nội", "'Hà Nội' is neither a subsystem (VN/GOV/H26/one-stop) nor a member (VN/GOV/H26)"),
        (
            "VN/GOV/H26",
            "has the subsystems VN/GOV/H26/one-stop, VN/GOV/H26/hospital, VN/GOV/H26/schools: name one of them",
        ),
    ],
)
def test_a_caller_that_is_not_clear_is_one_line(ndxp: Ndxp, caller: str, says: str) -> None:
    ran = ndxp("call", VERIFY, "{}", "--as", caller)
    assert ran.code == 1
    assert says in ran.complaint


def test_a_member_with_one_subsystem_need_not_name_it(ndxp: Ndxp) -> None:
    transaction = ndxp("call", VERIFY, json.dumps(claim()), "--as", "VN/GOV/G19", "--json").data["transaction_id"]
    (record,) = ndxp("log", "show", transaction, "--json").data
    assert record["client"] == "VN/GOV/G19/lgsp"
