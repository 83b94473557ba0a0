"""The people whom a filing states, by their role in it (mother, deceased, ...), and the corrections of a supplement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.message import Message

from ndxp.agency.claim import read_claim
from ndxp.errors import invalid_argument

_PARTS = (("citizen_number", "number"), ("full_name", "full_name"), ("birth_date", "birth_date"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as stated; ``birth_date`` is a date in any of its forms, or the year alone."""

    number: str
    full_name: str
    birth_date: str = ""


def read_people(request: Any, *roles: str) -> dict[str, Person]:
    """The people in these fields of a request, each with citizen_number, full_name and birth_date.

    Raises AgencyError with the field at fault, and when two of them are one.
    """
    stated = {role: getattr(request, role) for role in roles}
    people = {
        role: Person(number=one.citizen_number, full_name=one.full_name, birth_date=one.birth_date)
        for role, one in stated.items()
    }
    return _checked(people)


def corrections(request: Message) -> Mapping[str, Mapping[str, str]]:
    """The parts that are not empty of the people in a request, by the field; the parts have the names of ``Person``."""
    return {
        field.name: {own: value for theirs, own in _PARTS if (value := getattr(person, theirs))}
        for field, person in request.ListFields()
        if field.message_type
    }


def corrected(
    people: Mapping[str, Person], stated: Mapping[str, Mapping[str, str]], roles: Sequence[str]
) -> dict[str, Person]:
    """The people as a request corrects them; raises AgencyError when it corrects nobody, or one of other ``roles``."""
    if not stated:
        raise invalid_argument("FIELD_MISSING", f"correct {' or '.join(roles)}", roles[0])
    for role in stated:
        if role not in roles:
            message = f"{' and '.join(roles)} can be stated there, no {role}"
            raise invalid_argument("NOT_STATED_THERE", message, role)
    nobody = Person(number="", full_name="")
    changed = {role: replace(people.get(role, nobody), **parts) for role, parts in stated.items()}
    return _checked({**people, **changed})


def _checked(people: dict[str, Person]) -> dict[str, Person]:
    for role, person in people.items():
        read_claim(person.number, person.full_name, person.birth_date, of=role)
    if len({person.number for person in people.values()}) < len(people):
        raise invalid_argument(
            "ONE_PERSON_TWICE", f"{' and '.join(people)} must be different people", f"{list(people)[-1]}.citizen_number"
        )
    return {role: replace(person, full_name=person.full_name.strip()) for role, person in people.items()}
