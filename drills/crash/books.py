"""The books after a round: compares the ledger with the clients' answers and the agencies' access logs."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc

from drills.crash.clients import Answer
from drills.sandbox import PATIENCE, NotResumed
from ndxp.access_log.v1 import access_log_pb2, access_log_pb2_grpc
from ndxp.admin import AdminRefused, Session
from ndxp.client import BlockingExchange
from ndxp.sandbox.life import OPERATIONS
from ndxp.wire import metadata, status

_ACCESS_LOG = "ndxp.access_log.v1.AccessLogService"
_PAGE, _ACCESS_PAGE = 1000, 5000
_MARGIN = 5
"""Seconds by which readings of an access log overlap; nothing is counted twice."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Wrong transactions: answered but not recorded, recorded twice, or a change without a record."""

    lost: list[str]
    duplicated: list[str]
    unrecorded: list[str]


class Books:
    """Reads new entries since the last time; the recorder must have caught up with the journal.

    ``since``, in seconds since 1970, is the first time of agencies' accesses to read; by default now.
    """

    def __init__(self, session: Session, since: float | None = None) -> None:
        self._session = session
        self._tokens = session.tokens(OPERATIONS)
        self._last = 0
        self._recorded: set[str] = set()
        self._changed: set[str] = set()
        self._read_at = time.time() if since is None else since
        services = session.get("/services")
        self._agencies = [service["provider"] for service in services if service["contract"] == _ACCESS_LOG]
        self._changing = {
            f"{service['contract']}/{name}"
            for service in services
            for name, method in service["methods"].items()
            if not method["read_only"]
        }

    def check(self, answers: Sequence[Answer]) -> Findings:
        """Compares a round's answers and accesses with the ledger. Raises NotResumed when a book cannot be read."""
        changes = set(self._changes()) - self._changed
        self._changed |= changes
        requests = {transaction: self._phases(transaction) for transaction in sorted(changes)}
        outcomes = Counter(self._outcomes())
        twice = {transaction for transaction, times in outcomes.items() if times > 1 or transaction in self._recorded}
        twice |= {transaction for transaction, phases in requests.items() if max(phases.values(), default=0) > 1}
        self._recorded |= outcomes.keys()
        return Findings(
            lost=[a.transaction_id for a in answers if a.recorded and a.transaction_id not in self._recorded],
            duplicated=sorted(twice),
            unrecorded=[transaction for transaction, phases in requests.items() if not phases["request"]],
        )

    def _outcomes(self) -> Iterator[str]:
        while page := self._session.get("/transactions", after=self._last, limit=_PAGE):
            self._last = page[-1]["seq"]
            yield from (record["transaction_id"] for record in page)

    def _phases(self, transaction: str) -> Counter[str]:
        try:
            return Counter(record["phase"] for record in self._session.get(f"/transactions/{transaction}"))
        except AdminRefused:
            return Counter()

    def _changes(self) -> Iterator[str]:
        """Transactions of methods that may change something, as the agencies have logged them."""
        since, self._read_at = int(self._read_at) - _MARGIN, time.time()
        with BlockingExchange(self._session.state.gateway, self._tokens, retries=False) as exchange:
            for agency in self._agencies:
                for access in _accesses(exchange, agency, since):
                    if access.method in self._changing:
                        yield access.transaction_id


def _accesses(exchange: BlockingExchange, agency: str, since: int) -> Iterator[access_log_pb2.Access]:
    stub = access_log_pb2_grpc.AccessLogServiceStub(exchange.channel)
    request = access_log_pb2.ListAccessesRequest(page_size=_ACCESS_PAGE)
    request.since.FromSeconds(since)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            page = stub.ListAccesses(request, metadata=((metadata.SERVICE, agency),))
        except grpc.RpcError as error:
            if time.monotonic() > deadline:
                raise NotResumed(f"the access log of {agency}: {status.decode(error).message}") from error
            time.sleep(0.2)
            continue
        yield from page.accesses
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def verify(folder: Path) -> str:
    """The result of verifying the ledger: "ok", what is wrong, or "skipped" without ``ndxp log verify``."""
    command = [sys.executable, "-P", "-m", "ndxp.cli", "log", "verify", "--folder", str(folder), "--json"]
    ran = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")  # noqa: S603
    if ran.returncode == 0:
        return "ok"
    return "skipped" if "No such command" in ran.stderr else (ran.stdout + ran.stderr).strip()[-500:]
