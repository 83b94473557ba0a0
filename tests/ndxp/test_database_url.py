"""Database URLs of agencies and of the ledger are read in one way."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.ledger.tables import connect_ledger
from gateway.settings import RecorderSettings
from ndxp.agency.database import Database
from ndxp.agency.settings import AgencySettings
from ndxp.database_url import is_sqlite, read_url
from ndxp.sqlite import sqlite_url

NAMES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0/"), min_size=1, max_size=30)
STRANGE = ["plain", "with space", "a#b", "a?b", "100%", "%20", "%2F", "{name}", "{}", "a;b", "a'b\"", "thư mục", "a\nb"]


@given(names=st.lists(NAMES, min_size=1, max_size=4))
def test_the_url_of_a_file_means_that_file(names: list[str]) -> None:
    path = Path("/", *names)
    assert read_url(sqlite_url(path)).database == str(path)


@pytest.mark.parametrize("name", STRANGE)
def test_a_database_is_made_where_the_url_says_and_nowhere_else(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    Database(f"{sqlite_url(folder)}/{{name}}.db".replace("{name}", "agency")).close()
    connect_ledger(sqlite_url(folder / "ledger.db")).connect().close()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert {"agency.db", "ledger.db"} <= {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("kind", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_goes_by_all_its_names(kind: str) -> None:
    url = read_url(f"{kind}://one:p%40ss@[::1]:5433/exchange?sslmode=require")
    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg", "one", "p@ss")
    assert (url.host, url.port, url.database, dict(url.query)) == ("::1", 5433, "exchange", {"sslmode": "require"})
    assert not is_sqlite(url)


@pytest.mark.parametrize(
    "text", ["sqlite://", "sqlite:///:memory:", "sqlite+pysqlite:///a.db", "sqlite:///a.db?timeout=5"]
)
def test_sqlite_goes_by_all_its_names(text: str) -> None:
    assert is_sqlite(read_url(text))


def test_a_uri_of_sqlite_is_left_to_sqlite() -> None:
    text = "sqlite:///file:/tmp/a%20b.db?mode=ro&uri=true"
    assert read_url(text).database == "file:/tmp/a%20b.db"


def test_postgresql_without_its_driver_is_one_line_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for open_it in (Database, connect_ledger):
        with pytest.raises(OSError, match=r"pip install 'ndxp\[postgres\]'"):
            open_it("postgresql://h/x")


WRONG = [
    "mysql://a:s3cret@h/x", "postgresql://a:s3cret@h:port/x", "oracle+cx_oracle://a:s3cret@h", "s3cret", "://s3cret",
    "", "postgresql+asyncpg://a:s3cret@h/x",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_another_database_is_refused_with_what_there_is_and_without_the_secret(text: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///FILE.*or postgresql://") as refused:
        read_url(text)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("text", [text for text in WRONG if text])
def test_the_settings_of_agencies_and_ledger_refuse_it_alike(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NDXP_DATABASE_URL", text)
    monkeypatch.setenv("NDXP_LEDGER_URL", text)
    for settings in (AgencySettings, RecorderSettings):
        with pytest.raises(ValidationError, match=r"or postgresql://"):
            settings()
