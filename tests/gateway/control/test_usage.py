"""Usage by day, client and service: what the ledger has counted, for the days that were asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.control import usage
from gateway.control.directory import ExchangeService
from gateway.control.usage import Usage
from gateway.core.transaction import Origin
from gateway.ledger.reader import Reader
from gateway.ledger.signer import Signer
from gateway.ledger.tables import open_ledger
from gateway.ledger.writer import Writer
from gateway.registry_store import RegistryStore
from gateway.store import Store
from ndxp.errors import AgencyError, Code
from ndxp.exchange.v1 import exchange_pb2 as pb
from tests.support.records import record

HOSPITAL, ONE_STOP, INSURER = "VN/GOV/H26/hospital", "VN/GOV/H26/one-stop", "VN/GOV/G24/health-insurance"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def exchange(store: Store, engine: sa.Engine) -> ExchangeService:
    no_requests: Any = None
    return ExchangeService(RegistryStore(store), no_requests, Usage(Reader(engine), store))


@pytest.fixture
def writer(engine: sa.Engine, tmp_path: Path) -> Writer:
    return Writer(engine, Signer(tmp_path, "test"))


def call(day: str, client: str = ONE_STOP, service: str = INSURER, **fields: Any) -> Any:
    at = int(datetime.fromisoformat(f"{day}+00:00").timestamp()) * 1_000_000
    return record(client=client, service=service, request_in_ts=at, response_out_ts=at + 9, **fields)


async def asked(exchange: ExchangeService, since: str = "", until: str = "") -> pb.GetUsageResponse:
    context: Any = None
    return await exchange.GetUsage(pb.GetUsageRequest(since=since, until=until), context)


async def test_calls_are_counted_by_day_client_service_and_how_they_ended(
    exchange: ExchangeService, writer: Writer
) -> None:
    writer.append(
        [
            call("2023-06-30T23:59:59"),
            call("2023-07-01T00:00:00"),
            call("2023-07-01T12:00:00"),
            call("2023-07-01T12:00:00", status_code=5, reason="CARD_UNKNOWN"),
            call("2023-07-01T12:00:00", status_code=7, reason="ACCESS_DENIED", origin=Origin.GATEWAY),
            call("2023-07-01T12:00:00", client=HOSPITAL),
            call("2023-07-02T23:59:59"),
            call("2023-07-03T00:00:00"),
        ]
    )
    answer = await asked(exchange, "2023-07-01", "2023-07-02")
    assert (answer.since, answer.until) == ("2023-07-01", "2023-07-02")
    assert list(answer.usages) == [
        pb.Usage(day="2023-07-01", client=HOSPITAL, service=INSURER, answered=1),
        pb.Usage(day="2023-07-01", client=ONE_STOP, service=INSURER, answered=2, failed=1, refused=1),
        pb.Usage(day="2023-07-02", client=ONE_STOP, service=INSURER, answered=1),
    ]


async def test_without_days_it_is_about_today(exchange: ExchangeService, writer: Writer) -> None:
    before = datetime.now(UTC).date()
    writer.append([call(f"{before}T00:00:00"), call(f"{before - timedelta(1)}T00:00:00")])
    answer = await asked(exchange)
    if datetime.now(UTC).date() == before:  # midnight may come between
        assert [entry.answered for entry in answer.usages] == [1]
        assert answer.since == answer.until == str(before)


@pytest.mark.parametrize(
    ("since", "until", "reason"),
    [
        ("yesterday", "2023-07-01", "SINCE_MALFORMED"),
        ("20230701", "2023-07-01", "SINCE_MALFORMED"),
        ("2023-07-01", "2023-02-30", "UNTIL_MALFORMED"),
        ("2023-07-02", "2023-07-01", "DAYS_OUT_OF_RANGE"),
        ("2023-07-01", "2023-08-01", "DAYS_OUT_OF_RANGE"),
    ],
)
async def test_days_that_are_none_or_too_many_are_refused(
    exchange: ExchangeService, since: str, until: str, reason: str
) -> None:
    with pytest.raises(AgencyError) as refused:
        await asked(exchange, since, until)
    assert (refused.value.code, refused.value.reason) == (Code.INVALID_ARGUMENT, reason)
    assert refused.value.field in refused.value.message


async def test_an_answer_that_would_be_too_long_is_refused(
    exchange: ExchangeService, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "MOST_USAGES", 1)
    writer.append([call("2023-07-01T00:00:00"), call("2023-07-01T00:00:00", client=HOSPITAL)])
    with pytest.raises(AgencyError) as refused:
        await asked(exchange, "2023-07-01", "2023-07-01")
    assert (refused.value.code, refused.value.reason) == (Code.RESOURCE_EXHAUSTED, "USAGE_TOO_LONG")
