"""The exchange's books since a given moment: its ledger, and the access logs of its agencies."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc

from ndxp.access_log.v1 import access_log_pb2, access_log_pb2_grpc
from ndxp.admin import AdminRefused, Session
from ndxp.client import BlockingExchange
from ndxp.errors import Code
from ndxp.sandbox.life import OPERATIONS
from ndxp.wire import metadata, status

ACCESS_LOG = "ndxp.access_log.v1.AccessLogService"
_PAGE = 1000
_ACCESS_PAGE = 5000
_SINCE_MARGIN = 60
"""Seconds by which an agency's clock may be late; the transaction id decides what belongs to the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An outcome in the ledger. Times are µs since 1970, 0 when not reached; status is CODE or CODE:REASON.

    ``fault`` are the faults, set on purpose, that the call has met, with commas between.
    """

    transaction_id: str
    client: str
    service: str
    purpose: str
    method: str
    status: str
    origin: str
    request_in: int
    request_out: int
    response_in: int
    response_out: int
    messages_in: int
    messages_out: int
    message_id: str = ""
    fault: str = ""

    @property
    def run(self) -> str:
        """The run that made this call, from its message id RUN-SLOT-NUMBER; for other calls not the name of a run."""
        return self.message_id.rpartition("-")[0].rpartition("-")[0]

    @property
    def unary(self) -> bool:
        """Whether one message went each way."""
        return self.messages_in == self.messages_out == 1


@dataclass(frozen=True, slots=True)
class Access:
    """An access in an agency's own log."""

    transaction_id: str
    agency: str
    method: str
    status: str


class NotCaughtUp(Exception):
    """The recorder did not catch up, or a book could not be read in time; the text says which."""


class Books:
    """Reads entries that were added after this object was made. Raises AdminRefused when control does not answer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._start = int(self._totals()["last"])
        self._since = int(time.time()) - _SINCE_MARGIN
        services = session.get("/services")
        self._faults = self._on()
        self.agencies = [service["provider"] for service in services if service["contract"] == ACCESS_LOG]

    def settle(self, patience: float) -> None:
        """Waits until the recorder has caught up, also while it is restarted. Raises NotCaughtUp."""
        deadline = time.monotonic() + patience
        while True:
            try:
                if self._totals()["caught_up"]:
                    return
                reason = "its recorder has not caught up"
            except AdminRefused as error:
                reason = str(error)
            if time.monotonic() > deadline:
                raise NotCaughtUp(f"the ledger is not complete after {patience:.0f} s: {reason}")
            time.sleep(0.25)

    def ledger(self) -> list[Entry]:
        """Every outcome since then, except calls that read access logs."""
        return [entry for entry in self._outcomes() if not entry.method.startswith(f"{ACCESS_LOG}/")]

    def faults(self) -> dict[str, str]:
        """The effects of the faults, by id, that were set when this object was made or are set now."""
        return {**self._faults, **self._on()}

    def accesses(self, patience: float) -> list[Access]:
        """Every access since then; waits for an agency that is being restarted. Raises NotCaughtUp."""
        deadline = time.monotonic() + patience
        found = []
        tokens = self._session.tokens(OPERATIONS)
        with BlockingExchange(self._session.state.gateway, tokens, retries=False) as exchange:
            for agency in self.agencies:
                while True:
                    try:
                        found += list(self._accesses(exchange, agency))
                        break
                    except grpc.RpcError as error:
                        failure = status.decode(error)
                        if time.monotonic() > deadline:
                            why = failure.reason or failure.code.name
                            raise NotCaughtUp(f"the access log of {agency} cannot be read: {why}") from error
                        time.sleep(0.5)
        return found

    def _on(self) -> dict[str, str]:
        return {fault["id"]: fault["do"] for fault in self._session.get("/faults")}

    def _totals(self) -> Any:
        return self._session.get("/totals", after=2**61)

    def _outcomes(self) -> Iterator[Entry]:
        after = self._start
        while page := self._session.get("/transactions", after=after, limit=_PAGE):
            yield from map(_entry, page)
            after = page[-1]["seq"]

    def _accesses(self, exchange: BlockingExchange, agency: str) -> Iterator[Access]:
        stub = access_log_pb2_grpc.AccessLogServiceStub(exchange.channel)
        request = access_log_pb2.ListAccessesRequest(page_size=_ACCESS_PAGE)
        request.since.FromSeconds(self._since)
        while True:
            page = stub.ListAccesses(request, metadata=((metadata.SERVICE, agency),))
            for access in page.accesses:
                yield Access(access.transaction_id, agency, access.method, Code(access.status_code).name)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token


def _entry(record: dict[str, Any]) -> Entry:
    code, reason = Code(record["status_code"]).name, record["reason"]
    return Entry(
        transaction_id=record["transaction_id"],
        client=record["client"],
        service=record["service"],
        purpose=record["purpose"],
        method=record["method"],
        status=f"{code}:{reason}" if reason else code,
        origin=record["origin"],
        request_in=record["request_in_ts"],
        request_out=record["request_out_ts"],
        response_in=record["response_in_ts"],
        response_out=record["response_out_ts"],
        messages_in=record["messages_in"],
        messages_out=record["messages_out"],
        message_id=record["message_id"],
        fault=record["fault"],
    )
