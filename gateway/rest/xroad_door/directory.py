"""The exchange's own directory, asked under the token of a request.

Its calls are made like any other, so they are in the ledger, and the gateway decides. Those for one request have the
same message id.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from google.protobuf.message import Message as Protobuf

from gateway.core.registry import Grant
from gateway.rest.bodies import without_body
from gateway.rest.call import Calls
from gateway.rest.xroad_door.message import Message
from ndxp.exchange.v1 import exchange_pb2 as pb
from ndxp.identifiers import Subsystem
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair

_DIRECTORY = "ndxp.exchange.v1.ExchangeService"
_PAGE = 500
_Answer = TypeVar("_Answer", bound=Protobuf)


@dataclass(slots=True)
class Directory:
    """The exchange's directory as the caller of a request sees it; ``transaction`` is the last call's."""

    calls: Calls
    message: Message
    pairs: Sequence[Pair]
    transaction: str = field(default="", init=False)

    async def members(self) -> list[pb.Member]:
        """All members. Raises Failed."""
        pages = self._pages("ListMembers", pb.ListMembersRequest(page_size=_PAGE), pb.ListMembersResponse)
        return [member async for page in pages for member in page.members]

    async def services(self, provider: Subsystem) -> list[pb.Service]:
        """The services of a provider. Raises Failed."""
        pages = self._pages("ListServices", pb.ListServicesRequest(page_size=_PAGE), pb.ListServicesResponse)
        return [each async for page in pages for each in page.services if each.provider == str(provider)]

    async def grants(self) -> list[Grant]:
        """The caller's grants. Raises Failed."""
        answer = await self._ask("ListMyGrants", pb.ListMyGrantsRequest(), pb.ListMyGrantsResponse)
        return [
            Grant(
                id=grant.id, consumer=grant.consumer, provider=grant.provider, contract=grant.contract,
                methods=list(grant.methods), paths=list(grant.paths), valid_from=grant.valid_from,
                valid_until=grant.valid_until,
            )
            for grant in answer.grants
        ]  # fmt: skip

    async def _pages(self, method: str, request: Any, kind: type[_Answer]) -> AsyncIterator[Any]:
        """The pages of a list, one after the other."""
        while True:
            page: Any = await self._ask(method, request, kind)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def _ask(self, method: str, request: Protobuf, kind: type[_Answer]) -> _Answer:
        body = request.SerializeToString()
        receive = without_body(self.message.request.receive)
        answer = await self.calls.ask(f"{_DIRECTORY}/{method}", self.pairs, receive, lambda _: [body])
        self.transaction = str(metadata.first(answer.metadata, metadata.TRANSACTION_ID))
        return kind.FromString(answer.messages[0])
