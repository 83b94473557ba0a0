"""What of an answer goes out under a grant with fields."""

from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from ndxp.agency.release import released, withheld
from ndxp.population.v1 import population_pb2
from ndxp.wire import metadata
from tests.support.contracts import Contract

CONTRACT = Contract("person.proto", "sample.person.v1.PersonService")
Person: Any = CONTRACT.message("Person")
ANNA: dict[str, Any] = {
    "name": "Anna",
    "age": 40,
    "alive": False,
    "mother": {"name": "Berta", "age": 70, "mother": {"name": "Clara"}},
    "children": [{"name": "Dora", "age": 8}, {"name": "Emil", "age": 6, "titles": ["heir"]}],
    "titles": ["Dr", "Prof"],
    "friends": {"old": {"name": "Fritz", "age": 41}, "new": {"age": 39}},
    "words": {"hi": "salut"},
    "agent": {"name": "Gerda", "age": 50},
    "bornAt": "1986-01-01T00:00:00Z",
}


def anna() -> Any:
    return json_format.ParseDict(ANNA, Person())


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ("name", {"name": "Anna"}),
        ("name,age", {"name": "Anna", "age": 40}),
        ("alive", {"alive": False}),
        ("titles", {"titles": ["Dr", "Prof"]}),
        ("words", {"words": {"hi": "salut"}}),
        ("born_at", {"bornAt": "1986-01-01T00:00:00Z"}),
        ("mother", {"mother": ANNA["mother"]}),
        ("mother.name", {"mother": {"name": "Berta"}}),
        ("mother.mother.name", {"mother": {"mother": {"name": "Clara"}}}),
        ("mother,mother.name", {"mother": ANNA["mother"]}),
        ("mother.name,mother", {"mother": ANNA["mother"]}),
        ("mother.name,mother.age", {"mother": {"name": "Berta", "age": 70}}),
        ("mother.titles", {"mother": {}}),
        ("children", {"children": ANNA["children"]}),
        ("children.name", {"children": [{"name": "Dora"}, {"name": "Emil"}]}),
        ("children.titles", {"children": [{}, {"titles": ["heir"]}]}),
        ("friends", {"friends": ANNA["friends"]}),
        ("friends.name", {"friends": {"old": {"name": "Fritz"}, "new": {}}}),
        ("agent", {"agent": ANNA["agent"]}),
        ("agent.age", {"agent": {"age": 50}}),
        ("mail", {}),
        ("name.first", {}),
        ("titles.first", {}),
        ("words.hi", {}),
        ("friends.old.name", {"friends": {"old": {}, "new": {}}}),
        ("nonsense,nonsense.more", {}),
        ("bornAt", {}),
        ("", {}),
        (".", {}),
        ("*", {}),
    ],
)
def test_an_answer_has_only_what_the_fields_release(fields: str, left: dict[str, Any]) -> None:
    answer = anna()
    assert json_format.MessageToDict(released(answer, fields)) == left
    assert answer == anna()


def test_what_a_newer_contract_has_added_is_not_released_anywhere() -> None:
    stranger = b"\xfa\x07\x06secret"  # field 127
    inner = Person(name="Berta").SerializeToString() + stranger
    answer = Person.FromString(
        Person(name="Anna").SerializeToString() + b"\x22" + bytes([len(inner)]) + inner + stranger
    )
    assert b"secret" in answer.SerializeToString()
    for fields in ("name", "mother", "mother.name", "name,mother"):
        assert b"secret" not in released(answer, fields).SerializeToString()


def test_the_withheld_fields_are_named_by_the_contract_and_never_by_the_answer() -> None:
    assert withheld(Person.DESCRIPTOR, "name,age,alive,mother.name,titles,friends.name,words,born_at") == (
        "mother.age mother.alive mother.mother mother.children mother.titles mother.friends mother.words mother.mail "
        "mother.agent mother.born_at children friends.age friends.alive friends.mother friends.children friends.titles "
        "friends.friends friends.words friends.mail friends.agent friends.born_at mail agent"
    )
    everything = ",".join(field.name for field in Person.DESCRIPTOR.fields)
    assert withheld(Person.DESCRIPTOR, everything) == ""


def test_too_many_names_end_in_a_plus_and_pass_the_gateways_check() -> None:
    deep = ".".join(["mother"] * 20)
    said = withheld(Person.DESCRIPTOR, deep)
    assert said.endswith(" +")
    assert len(said) <= metadata.LONGEST_WITHHELD
    assert metadata.withheld([(metadata.WITHHELD, said)]) == said


def paths(message: Any, above: str = "") -> set[str]:
    """Every field that is set, with those on its way."""
    found = set()
    for field, value in message.ListFields():
        path = f"{above}{field.name}"
        found.add(path)
        if field.message_type and not field.is_repeated:
            found |= paths(value, f"{path}.")
    return found


CITIZEN = [f"citizen.{field.name}" for field in population_pb2.Citizen.DESCRIPTOR.fields]
CITIZEN += [
    f"{parent}.{name}" for parent in ("citizen.father", "citizen.spouse") for name in ("full_name", "citizen_number")
]
PLACE = {field.name: "x" for field in population_pb2.Address.DESCRIPTOR.fields}


@given(fields=st.lists(st.sampled_from([*CITIZEN, "citizen", "no.such"]), min_size=1, unique=True))
def test_what_is_released_and_what_is_withheld_are_the_whole_and_do_not_meet(fields: list[str]) -> None:
    relative = {"citizen_number": "1", "full_name": "x"}
    plain = {
        field.name: 1 if field.enum_type else True if field.name == "deceased" else "x"
        for field in population_pb2.Citizen.DESCRIPTOR.fields
        if not field.message_type
    }
    messages = dict.fromkeys(("father", "mother", "spouse", "legal_representative", "household_head"), relative)
    answer = json_format.ParseDict(
        {"citizen": {**plain, **messages, "permanent_address": PLACE, "current_address": PLACE}},
        population_pb2.GetCitizenResponse(),
    )
    out = paths(released(answer, ",".join(fields)))
    kept_back = set(withheld(answer.DESCRIPTOR, ",".join(fields)).split())
    assert not out & kept_back
    under = {path for path in paths(answer) for name in kept_back if path == name or path.startswith(f"{name}.")}
    assert out | under == paths(answer)
    assert all(any(f"{path}.".startswith(f"{f}.") or f.startswith(f"{path}.") for f in fields) for path in out)
