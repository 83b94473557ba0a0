"""Checks that an answer about a citizen says whom it is about."""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from ndxp.check.inputs import renewed
from ndxp.check.line import Line
from ndxp.check.result import Result, Rule
from ndxp.subject import subject_hash
from ndxp.wire import metadata

_NAMED = Rule(
    "subjects/named",
    "the trailing metadata x-ndxp-subject names the citizen whose data an answer gives, confirms or denies",
    "a citizen who asks who has seen his data gets the answer from the ledger, which knows subjects only from agencies",
    "docs/decisions/0013-data-subjects.md",
)
_CITIZEN = re.compile(r"[0-9]{12}")
_TRIES = 4


def check_subjects(line: Line) -> Iterator[Result]:
    """The methods whose requests or answers have the number of a citizen; relatives in a record need not be named."""
    for method in line.provider.methods:
        place = line.provider.place(method)
        if not line.provider.callable(method):
            yield _NAMED.skipped(place, "the method may change something")
        elif (result := _check_method(line, method, place)) is not None:
            yield result
        else:
            yield _NAMED.skipped(place, "no answered example request is about a citizen, as far as its texts tell")


def _check_method(line: Line, method: MethodDescriptor, place: str) -> Result | None:
    provider = line.provider
    for number in range(_TRIES):
        requests = renewed(provider.example(method, number) or ())
        answer = line.call(method, requests) if requests else None
        if answer is None or not answer.good or answer.left_open:
            continue
        about = [found for message in (*answer.messages, *requests) for found in _numbers(message)]
        hashes = {subject_hash(provider.subjects, each) for each in about if provider.exists(each)}
        if not hashes:
            continue
        if hashes.isdisjoint(metadata.subjects(answer.trailing.items()).split()):
            came = f"{answer}; no citizen of request and answer is named"
            return _NAMED.failed(place, sent="an example request", came=came)
        return _NAMED.passed(place)
    return None


def _numbers(message: Message) -> Iterator[str]:
    """The texts of 12 digits in a message."""
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        values: Any = value if field.is_repeated else [value]
        for each in values:
            if isinstance(each, Message):
                yield from _numbers(each)
            elif isinstance(each, str) and _CITIZEN.fullmatch(each):
                yield each
