"""What a stub answers: messages, sequences, functions, tables of matchers, errors."""

from typing import Any

import pytest
from google.protobuf.message import Message

from ndxp.errors import AgencyError, Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.testing.answers import Answer, Answers, match, rows

CONTRACT = pb.DESCRIPTOR.services_by_name["PopulationService"]
VERIFY = CONTRACT.methods_by_name["VerifyCitizen"]
YES, NO = pb.VerifyCitizenResponse(matched=True), pb.VerifyCitizenResponse(matched=False)
AN, BINH = pb.VerifyCitizenRequest(full_name="An"), pb.VerifyCitizenRequest(full_name="Bình")
STREAM = next(method for method in CONTRACT.methods if method.server_streaming and not method.client_streaming)


async def answers(answer: Answer, *requests: Message) -> list[Any]:
    """The single answers to requests, an error as its code and reason."""
    made, given = Answers(VERIFY, answer), list[Any]()
    for request in requests:
        try:
            given += [message async for message in made.messages(request)]
        except AgencyError as error:
            given.append((error.code, error.reason))
    return given


async def later(request: pb.VerifyCitizenRequest) -> dict[str, bool]:
    return {"matched": request.full_name == "An"}


REFUSAL = AgencyError(Code.NOT_FOUND, "CITIZEN_NOT_FOUND", "nobody has this number")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (YES, [YES, YES, YES]),
        ({"matched": True}, [YES, YES, YES]),
        ([YES, NO], [YES, NO, NO]),
        (lambda request: YES if request.full_name == "An" else NO, [YES, NO, YES]),
        (later, [YES, NO, YES]),
        ({match(full_name="An"): YES, match(): NO}, [YES, NO, YES]),
        ({match(full_name="An"): [YES, NO]}, [YES, (Code.UNIMPLEMENTED, "NO_ANSWER"), NO]),
        ({lambda request: request.full_name > "B": Code.ABORTED, match(): NO}, [NO, (Code.ABORTED, "ABORTED"), NO]),
        (REFUSAL, [(Code.NOT_FOUND, "CITIZEN_NOT_FOUND")] * 3),
        ([Code.UNAVAILABLE, lambda _: [YES]], [(Code.UNAVAILABLE, "UNAVAILABLE"), YES, YES]),
    ],
)  # fmt: skip
async def test_a_stub_answers_as_its_table_says(answer: Answer, expected: list[Any]) -> None:
    assert await answers(answer, AN, BINH, AN) == expected


async def test_a_stream_is_answered_with_all_messages_of_a_tuple() -> None:
    made = Answers(STREAM, ({}, {}, {}))
    assert len([message async for message in made.messages(None)]) == 3


async def test_a_request_is_matched_by_a_field_in_a_field() -> None:
    assert match(citizen__number="1")(pb.GetCitizenResponse()) is False
    assert match(citizen__full_name="An")(pb.GetCitizenResponse(citizen=pb.Citizen(full_name="An")))


@pytest.mark.parametrize(
    ("answer", "kind", "what"),
    [
        ([], ValueError, "empty sequence"),
        ((YES, NO), ValueError, "one message, not with several"),
        ({"match": True}, ValueError, 'no field named "match"'),
        (pb.GetCitizenResponse(), TypeError, "answers with ndxp.population.v1.VerifyCitizenResponse"),
        (Code.OK, ValueError, "OK alone"),
        ("yes", TypeError, "VerifyCitizenResponse"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_answer_is_refused_before_the_first_call(
    answer: Answer, kind: type[Exception], what: str
) -> None:
    with pytest.raises(kind, match=what):
        Answers(VERIFY, answer)


def test_a_method_that_the_contract_does_not_have_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(ValueError, match=r"no method Verify; it has .*VerifyCitizen"):
        rows(CONTRACT.methods, {"Verify": YES})
