"""An agency's own database, in SQLite and in PostgreSQL, with one process over it and with several."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa

from ndxp.agency import connections
from ndxp.agency.caller import set_caller
from ndxp.agency.database import Access, Database, Transaction
from ndxp.agency.documents import next_count
from ndxp.errors import AgencyError, Code
from ndxp.population.v1 import population_pb2 as pb
from ndxp.wire.assertion import Assertion
from tests.support.stores import Postgres

CLIENT, METHOD = "VN/GOV/H26/one-stop", "ndxp.population.v1.PopulationService/ChangeAddress"
OTHERS = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
REPLICAS, EACH = 4, 25


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'agency.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def replicas(url: str) -> Iterator[list[Database]]:
    """Started at the same moment over an empty database."""
    with ThreadPoolExecutor(REPLICAS) as pool:
        databases = list(pool.map(Database, [url] * REPLICAS))
    yield databases
    for database in databases:
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


def disconnect(url: str) -> None:
    """Ends all connections to a PostgreSQL database, as its restart does."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {OTHERS}")
    engine.dispose()


def test_a_removed_document_is_gone_and_its_key_is_free(database: Database) -> None:
    with database.transaction() as transaction:
        for kind in ("wish", "other"):
            transaction.put(kind, "a", b"1", owner="me")
        transaction.remove("wish", "a")
        transaction.remove("wish", "never there")
    with database.transaction() as transaction:
        assert (transaction.get("wish", "a"), transaction.of("wish", "me")) == (None, [])
        assert transaction.get("other", "a") == b"1"
        transaction.put("wish", "a", b"2")
        assert transaction.get("wish", "a") == b"2"


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
        assert len(transaction.changes(0, kinds=["death", "birth"] * 50_000)) == 4


def test_accesses_are_counted_by_client_method_and_status(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.log([Access(str(n), CLIENT, "u", "p", METHOD, n % 2, 100 + n) for n in range(5)])
        assert transaction.count_accesses(0, 1000) == [(CLIENT, METHOD, 0, 3), (CLIENT, METHOD, 1, 2)]
        assert transaction.count_accesses(101, 103) == [(CLIENT, METHOD, 0, 1), (CLIENT, METHOD, 1, 1)]
        assert [access.transaction_id for _, access in transaction.accesses(since=103)] == ["3", "4"]


def test_an_agency_with_several_subsystems_tells_of_each_its_own_accesses(database: Database) -> None:
    with database.transaction() as transaction:
        called = (
            "VN/GOV/H25/one-stop",
            "VN/GOV/H26/one-stop",
            "VN/GOV/H26/one-stop",
            "",
        )  # the last by an older version
        transaction.log([Access(str(n), CLIENT, "u", "p", METHOD, 0, n, each) for n, each in enumerate(called)])
        own = [access.transaction_id for _, access in transaction.accesses(provider=called[1])]
        assert own == ["1", "2", "3"]
        assert transaction.count_accesses(0, 1000, called[0]) == [(CLIENT, METHOD, 0, 2)]
        assert transaction.count_accesses(0, 1000) == [(CLIENT, METHOD, 0, 4)]


def test_replicas_give_every_number_once_and_followers_of_the_feed_miss_nothing(replicas: list[Database]) -> None:
    def write(replica: int) -> None:
        for number in range(EACH):
            with replicas[replica].transaction() as transaction:
                transaction.note_change("birth", f"{replica}-{number}")
                transaction.put("child", str(next_count(transaction, "children")), b"")

    all_written = Event()

    def follow() -> list[str]:
        seen: list[str] = []
        cursor = 0
        while True:
            last = all_written.is_set()
            with replicas[0].reading() as reader:
                found = reader.changes(cursor)
            seen += [change.key for change in found]
            cursor = found[-1].cursor if found else cursor
            if last:
                return seen

    with ThreadPoolExecutor(REPLICAS + 1) as pool:
        following = pool.submit(follow)
        list(pool.map(write, range(REPLICAS)))
        all_written.set()
        seen = following.result()
    assert sorted(seen) == sorted(f"{replica}-{number}" for replica in range(REPLICAS) for number in range(EACH))
    with replicas[-1].reading() as reader:
        assert reader.get("counter", "children") == str(REPLICAS * EACH).encode()


def test_a_request_that_reaches_all_replicas_at_once_is_done_once(replicas: list[Database]) -> None:
    def ask(replica: Database) -> list[str]:
        return done(replica, change("r-1"))

    with ThreadPoolExecutor(REPLICAS) as pool:
        assert list(pool.map(ask, replicas)) == [["r-1"]] * REPLICAS


def test_accesses_of_several_replicas_are_one_log(replicas: list[Database]) -> None:
    for number, replica in enumerate(replicas):
        with replica.transaction() as transaction:
            ids = (f"t-{number}", "an assertion used again")
            new = transaction.log([Access(each, CLIENT, "", "", METHOD, 0, at=number) for each in ids])
        assert new == ({*ids} if number == 0 else {ids[0]})
    with replicas[0].reading() as reader:
        logged = [found.transaction_id for _, found in reader.accesses()]
    assert logged == ["t-0", "an assertion used again", *(f"t-{number}" for number in range(1, REPLICAS))]


def test_what_is_read_is_of_one_moment(replicas: list[Database]) -> None:
    with replicas[0].reading() as reader:
        before = reader.count("child", "mother")
        with replicas[1].transaction() as transaction:
            transaction.put("child", "1", b"", owner="mother")
        assert reader.count("child", "mother") == before


def test_a_writer_who_waits_too_long_may_be_asked_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_PATIENCE", 1)
    first, second = Database(url), Database(url)
    with first.transaction():
        with pytest.raises(AgencyError, match="same request_id") as refused, second.transaction():
            pytest.fail("two write at once")
    assert (refused.value.code, refused.value.reason) == (Code.UNAVAILABLE, "DATABASE_UNAVAILABLE")
    with second.transaction() as transaction:
        transaction.note_change("birth", "1")
    first.close()
    second.close()


def test_a_database_that_was_restarted_is_connected_to_again(url: str, database: Database) -> None:
    with database.transaction() as transaction:
        transaction.note_change("birth", "1")
    if url.startswith("postgresql"):
        disconnect(url)
    with database.reading() as reader:
        assert [found.key for found in reader.changes(0)] == ["1"]


def test_a_transaction_whose_connection_breaks_leaves_nothing_and_may_be_asked_again(postgres: Postgres) -> None:
    url = postgres.new_database()
    database = Database(url)

    def break_in_the_middle() -> None:
        with database.transaction() as transaction:
            transaction.note_change("birth", "1")
            disconnect(url)
            transaction.note_change("birth", "2")

    with pytest.raises(AgencyError, match="same request_id") as refused:
        break_in_the_middle()
    assert (refused.value.code, refused.value.reason) == (Code.UNAVAILABLE, "DATABASE_UNAVAILABLE")
    assert done(database, change("r-1")) == ["r-1"]
    database.close()


def test_a_database_that_is_away_may_be_asked_again(postgres: Postgres) -> None:
    url = postgres.new_database()
    database = Database(url)
    done(database, change("r-1"))
    engine = sa.create_engine(postgres.new_database(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")
    engine.dispose()
    for _ in range(2):
        with pytest.raises(AgencyError, match="same request_id") as refused, database.reading():
            pytest.fail("it answers")
        assert (refused.value.code, refused.value.reason) == (Code.UNAVAILABLE, "DATABASE_UNAVAILABLE")
    database.close()


def test_a_transaction_whose_statement_fails_leaves_a_good_connection(database: Database) -> None:
    def save_twice() -> None:
        with database.transaction() as transaction:
            for _ in range(2):
                transaction.save_answer(CLIENT, METHOD, change("r-1"), pb.ChangeAddressResponse())

    with pytest.raises(Exception, match=r"(?i)unique"):
        save_twice()
    assert done(database, change("r-1")) == ["r-1"]


def test_transactions_one_after_the_other_share_a_connection(postgres: Postgres) -> None:
    url = postgres.new_database()
    database = Database(url)
    for number in range(10):
        done(database, change(f"r-{number}"))
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT count(*) {OTHERS}").scalar() == 1
    engine.dispose()
    database.close()


def test_a_database_of_an_older_version_gets_what_it_lacks_and_its_documents_are_their_keepers(
    url: str,
) -> None:
    Database(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE documents DROP COLUMN filer")
        connection.exec_driver_sql("ALTER TABLE answers DROP COLUMN subjects")
        insert = sa.text("INSERT INTO documents (kind, key, owner, body) VALUES ('a', '1', 'o', :body)")
        connection.execute(insert, {"body": b"b"})
    engine.dispose()
    database = Database(url)
    for client, has in ((CLIENT, None), ("VN/GOV/G01/lgsp", b"b")):
        set_caller(Assertion(client, "VN/GOV/G01/passports", METHOD, "t"), None)
        with database.reading() as reader:
            assert reader.own("a", "1") == has
            assert len(reader.own_of("a", "o")) == (has is not None)
            assert reader.get("a", "1") == b"b"
    database.close()


def test_the_key_of_tokens_is_that_of_all_processes_and_of_every_start(replicas: list[Database], url: str) -> None:
    set_caller(Assertion(CLIENT, "VN/GOV/G01/passports", METHOD, "t"), None)
    later = Database(url)
    assert len({database.places.token(7) for database in (*replicas, later)}) == 1
    later.close()
