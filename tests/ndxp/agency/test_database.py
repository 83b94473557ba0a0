"""An agency's own database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ndxp.agency.database import Access, Database, Transaction
from ndxp.errors import AgencyError
from ndxp.population.v1 import population_pb2 as pb

CLIENT, METHOD = "VN/GOV/H26/one-stop", "ndxp.population.v1.PopulationService/ChangeAddress"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'agency.db'}")
    yield database
    database.close()


def change(request_id: str, address: str = "1") -> pb.ChangeAddressRequest:
    return pb.ChangeAddressRequest(request_id=request_id, citizen_number=address)


def done(database: Database, request: pb.ChangeAddressRequest, client: str = CLIENT) -> list[str]:
    """Runs a request once more; gives what was really done so far."""

    def do(transaction: Transaction) -> pb.ChangeAddressResponse:
        transaction.note_change("address", request.request_id)
        return pb.ChangeAddressResponse()

    database.once(client, METHOD, request, pb.ChangeAddressResponse, do)
    with database.reading() as reader:
        return [found.key for found in reader.changes(0)]


def test_a_request_given_twice_is_done_once(database: Database) -> None:
    done(database, change("r-1"))
    assert done(database, change("r-1")) == ["r-1"]


def test_two_clients_may_use_the_same_request_id(database: Database) -> None:
    done(database, change("r-1"))
    assert done(database, change("r-1"), "VN/GOV/H22/one-stop") == ["r-1", "r-1"]


def test_a_request_id_given_to_another_request_is_refused(database: Database) -> None:
    done(database, change("r-1"))
    with pytest.raises(AgencyError, match="different request") as refused:
        done(database, change("r-1", "2"))
    assert (refused.value.reason, refused.value.field) == ("REQUEST_ID_REUSED", "request_id")


@pytest.mark.parametrize("request_id", ["", "x" * 65])
def test_a_request_without_a_good_id_is_refused(database: Database, request_id: str) -> None:
    with pytest.raises(AgencyError, match="request_id"):
        done(database, change(request_id))


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as transaction:
            transaction.put("card", "1", b"body")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    with database.reading() as reader:
        assert reader.get("card", "1") is None


def test_a_document_put_again_takes_the_place_of_the_first(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.put("card", "1", b"old", owner="a")
        transaction.put("card", "1", b"new", owner="a")
        assert transaction.get("card", "1") == b"new"
        assert transaction.count("card", "a") == 1


def test_an_owners_documents_come_latest_first_in_pages(database: Database) -> None:
    with database.transaction() as transaction:
        for number in range(5):
            transaction.put("visit", str(number), b"", owner="a")
            transaction.put("visit", f"other-{number}", b"", owner="b")
        first = transaction.of("visit", "a", limit=3)
        rest = transaction.of("visit", "a", before=first[-1].seq, limit=3)
    assert [document.key for document in (*first, *rest)] == ["4", "3", "2", "1", "0"]


def test_changes_go_on_from_a_cursor_and_can_be_chosen_by_kind(database: Database) -> None:
    with database.transaction() as transaction:
        for number in range(4):
            transaction.note_change("birth" if number % 2 else "death", str(number))
        cursor = transaction.changes(0)[1].cursor
        assert [found.key for found in transaction.changes(cursor)] == ["2", "3"]
        assert [found.key for found in transaction.changes(0, kinds=["birth"])] == ["1", "3"]


def test_accesses_are_counted_by_client_method_and_status(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.log([Access(str(n), CLIENT, "u", "p", METHOD, n % 2, 100 + n) for n in range(5)])
        assert transaction.count_accesses(0, 1000) == [(CLIENT, METHOD, 0, 3), (CLIENT, METHOD, 1, 2)]
        assert transaction.count_accesses(101, 103) == [(CLIENT, METHOD, 0, 1), (CLIENT, METHOD, 1, 1)]
        assert [access.transaction_id for _, access in transaction.accesses(since=103)] == ["3", "4"]
