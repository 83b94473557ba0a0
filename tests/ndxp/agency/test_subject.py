"""Whom an answer is about, as an agency's method names them."""

import json
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ndxp.agency import subject
from ndxp.agency.database import Database, Transaction
from ndxp.agency.subject import SubjectKey, Subjects, collect_in, names_subject, subjects_named
from ndxp.population.v1 import population_pb2 as pb
from ndxp.subject import MOST_SUBJECTS, subject_hash
from ndxp.wire import metadata
from tests.support.fakes import Clock

KEY = "key"
REQUEST = pb.ChangeAddressRequest(request_id="r-1", citizen_number="074079255028")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SubjectKey:
    path = tmp_path_factory.mktemp("subjects") / "credentials.json"
    path.write_text(json.dumps({"subjects": KEY}), encoding="utf-8")
    return SubjectKey(path)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'agency.db'}")
    yield database
    database.close()


def number(index: int) -> str:
    return f"{index:012d}"


def hashes(*numbers: str) -> str:
    return " ".join(subject_hash(KEY.encode(), one) for one in numbers)


def asked_once(database: Database, subjects: Subjects) -> None:
    """A call that changes an address, unless it was changed before."""

    def change(_: Transaction) -> pb.ChangeAddressResponse:
        names_subject(REQUEST.citizen_number)
        return pb.ChangeAddressResponse()

    def call() -> None:
        collect_in(subjects)
        database.once("client", "method", REQUEST, pb.ChangeAddressResponse, change)

    copy_context().run(call)


@given(indices=st.lists(st.integers(0, 99), max_size=150))
def test_each_citizen_is_named_once_in_the_order_of_naming_and_64_at_most(key: SubjectKey, indices: list[int]) -> None:
    subjects = Subjects(key)
    for index in indices:
        subjects.add(number(index))
    distinct = [number(index) for index in dict.fromkeys(indices)]
    more = " +" if len(distinct) > MOST_SUBJECTS else ""
    assert str(subjects) == hashes(*distinct[:MOST_SUBJECTS]) + more
    taken = metadata.subjects([(metadata.SUBJECT, str(subjects))])
    assert set(taken.split()) == set(str(subjects).split())


def test_all_that_one_call_can_name_is_small_enough_for_a_trailer(key: SubjectKey) -> None:
    subjects = Subjects(key)
    for index in range(1000):
        subjects.add(number(index))
    assert len(str(subjects)) < 2200


def test_two_calls_do_not_mix(key: SubjectKey) -> None:
    calls = {index: Subjects(key) for index in range(2)}
    contexts = {index: copy_context() for index in calls}
    for index, context in contexts.items():
        context.run(collect_in, calls[index])
    for index, context in contexts.items():
        context.run(names_subject, number(index))
    assert [str(subjects) for subjects in calls.values()] == [hashes(number(0)), hashes(number(1))]


def test_outside_of_a_call_nobody_is_named() -> None:
    names_subject("074079255028")
    assert subjects_named() == ""


def test_without_a_key_nobody_is_named_and_the_log_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(subject, "monotonic", clock)
    path = tmp_path / "credentials.json"
    path.write_text("{}", encoding="utf-8")
    key = SubjectKey(path)
    for _ in range(3):
        clock.pass_(60)
        subjects = Subjects(key)
        subjects.add("074079255028")
        assert str(subjects) == ""
    (warning,) = caplog.messages
    assert str(path) in warning
    assert "074079255028" not in warning


def test_a_key_that_comes_later_is_used_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(subject, "monotonic", clock)
    path = tmp_path / "credentials.json"
    key = SubjectKey(path)
    assert key.read() == b""
    path.write_text(json.dumps({"subjects": KEY}), encoding="utf-8")
    clock.pass_(60)
    assert key.read() == KEY.encode()


def test_an_answer_given_again_is_about_whom_it_was_about_at_first(database: Database, key: SubjectKey) -> None:
    first, again = Subjects(key), Subjects(key)
    asked_once(database, first)
    asked_once(database, again)
    assert str(first) == str(again) == hashes(REQUEST.citizen_number)


def test_a_database_of_the_version_before_is_taken_over(tmp_path: Path, key: SubjectKey) -> None:
    url = f"sqlite:///{tmp_path / 'agency.db'}"
    before = Database(url)
    asked_once(before, Subjects(key))
    before.close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE answers DROP COLUMN subjects")
    engine.dispose()
    after = Database(url)
    again = Subjects(key)
    asked_once(after, again)
    assert str(again) == ""
    after.close()
