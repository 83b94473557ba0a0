"""The agency's access log: who called which method; and the contract that shows it."""

import asyncio
import logging
from typing import Any, TypeVar

import grpc

from ndxp.access_log.v1 import access_log_pb2 as pb
from ndxp.access_log.v1 import access_log_pb2_grpc
from ndxp.agency.caller import caller
from ndxp.agency.database import Access, Database
from ndxp.agency.moment import read_moment
from ndxp.agency.paging import page_limit
from ndxp.clock import real_now
from ndxp.errors import AccessLogUnavailable, Code, kind_of
from ndxp.wire.assertion import Assertion

_LARGEST_PAGE = 5000
_FOREVER = 2**62
_log = logging.getLogger(__name__)
_Response = TypeVar("_Response", pb.CountAccessesResponse, pb.ListAccessesResponse)
_Context = grpc.aio.ServicerContext[Any, Any]


class AccessLog:
    """Writes accesses in group commits: one database transaction for all calls that wait."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Access, asyncio.Future[bool]]] = []

    async def add(self, assertion: Assertion, code: Code) -> bool:
        """Returns when the access is in the database; raises AccessLogUnavailable when that fails.

        False when the log already has its transaction: then another process of this agency has seen the assertion.
        """
        access = Access(
            assertion.transaction_id, assertion.client, assertion.user_id, assertion.purpose, assertion.method,
            int(code), real_now(), assertion.provider,
        )  # fmt: skip
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((access, written))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._write)
        return await written

    def _write(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            with self._database.transaction() as transaction:
                new = transaction.log([access for access, _ in batch])
        except Exception as error:  # every waiting call must fail, without details of the other calls
            _log.error("accesses cannot be logged: %s", kind_of(error))
            for _, written in batch:
                if not written.done():
                    written.set_exception(AccessLogUnavailable("the agency cannot log the access and gives no answer"))
            return
        for access, written in batch:
            if not written.done():
                written.set_result(access.transaction_id in new)


class AccessLogService(access_log_pb2_grpc.AccessLogServiceServicer):
    """Shows the access log to callers with a grant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def CountAccesses(
        self, request: pb.CountAccessesRequest, _: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.CountAccessesResponse:
        """Counts by client, method and status."""
        until = read_moment(request.until, "until") if request.HasField("until") else _FOREVER
        with self._database.reading() as reader:
            rows = reader.count_accesses(read_moment(request.since, "since"), until, caller().provider)
            complete_since, _removed = reader.accesses_kept()
        counts = [pb.AccessCount(client=c, method=m, status_code=s, count=n) for c, m, s, n in rows]
        response = pb.CountAccessesResponse(total=sum(count.count for count in counts), counts=counts)
        return _complete(response, complete_since)

    async def ListAccesses(
        self, request: pb.ListAccessesRequest, _: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListAccessesResponse:
        """Lists in the order of logging."""
        size = page_limit(request.page_size, _LARGEST_PAGE)
        after = self._database.places.start(request.page_token)
        with self._database.reading() as reader:
            since, provider = read_moment(request.since, "since"), caller().provider
            rows = reader.accesses(after=after, since=since, limit=size + 1, provider=provider)
            complete_since, _removed = reader.accesses_kept()
        more = len(rows) > size
        response = pb.ListAccessesResponse(
            next_page_token=self._database.places.token(rows[size - 1][0]) if more else ""
        )
        for _seq, access in rows[:size]:
            entry = response.accesses.add(
                transaction_id=access.transaction_id, client=access.client, user_id=access.user_id,
                purpose=access.purpose, method=access.method, status_code=access.status_code,
            )  # fmt: skip
            entry.answered_at.FromMicroseconds(access.at)
        return _complete(response, complete_since)


def _complete(response: _Response, since: int) -> _Response:
    if since:
        response.complete_since.FromMicroseconds(since)
    return response
