"""One request in X-Road's protocol: whom it is for, its metadata, and the header fields of its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from uuid import uuid4

from starlette.requests import Request

from gateway.rest.xroad_door import names
from gateway.rest.xroad_door.faults import MISSING_HEADER, Fault, bad_request
from gateway.rest.xroad_door.request_hash import HashedRequest
from ndxp.identifiers import Subsystem
from ndxp.wire import metadata
from ndxp.wire.metadata import Pair

_LONGEST_PATH = 2000
_ID = "x-road-id"
_CLIENTS = ("x-road-client", "x-govstack-client")
_FORM = (
    "send /r1/{instance}/{class}/{member}/{subsystem}/{service}[/path], each part percent-encoded by itself; "
    "a part has the characters A-Z a-z 0-9 '()+,-.=?"
)
_IDENTIFIERS = {
    "x-road-client": metadata.CLIENT,
    "x-govstack-client": metadata.CLIENT,
    "x-road-represented-party": metadata.REPRESENTED_PARTY,
}
_TEXTS = {_ID: metadata.MESSAGE_ID, "x-road-userid": metadata.USER_ID, "x-road-issue": metadata.ISSUE}


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names. ``path`` is what follows the service code, as it was sent: empty, or it begins with ``/``."""

    provider: Subsystem
    code: str
    path: str

    @classmethod
    def read(cls, raw_path: str) -> Self:
        """Reads ``/r1/{instance}/{class}/{member}/{subsystem}/{service}[/path]``. Raises Fault."""
        if len(raw_path) > _LONGEST_PATH:
            raise bad_request(f"the path is longer than {_LONGEST_PATH} characters", _FORM)
        _, version, *sent = raw_path.split("/", 7)
        if version != "r1" or len(sent) < 5:
            raise bad_request("the path does not name a service", _FORM)
        code = names.code(sent[4])
        try:
            provider = Subsystem.parse("/".join(names.part(each) or "" for each in sent[:4]))
        except ValueError as error:
            raise bad_request(f"the path names no provider: {error}", _FORM) from None
        if code is None:
            raise bad_request("the path names no service: a part is empty or has a character not allowed", _FORM)
        return cls(provider, code, f"/{sent[5]}" if len(sent) > 5 else "")


class Message:
    """A request. The last of repeated header fields counts, as X-Road has it for ``X-Road-Client``.

    The door passes on what it cannot make sense of, so that the gateway refuses it and records that.
    """

    def __init__(self, request: Request) -> None:
        self._fields = dict(request.headers.items())
        self._made_id = "" if _ID in self._fields else str(uuid4())
        self._hash = HashedRequest(request)
        self.request = Request(request.scope, self._hash.receive)

    @property
    def is_govstack(self) -> bool:
        """Whether the caller uses names of the GovStack Information Mediator: ``X-GovStack-Client``, ``instanceId``."""
        return "x-govstack-client" in self._fields or "instanceId" in self.request.query_params

    def check_client(self) -> None:
        """Raises Fault unless the request names its client."""
        if not any(name in self._fields for name in _CLIENTS):
            raise Fault(
                MISSING_HEADER, "the header field X-Road-Client is missing",
                "send X-Road-Client: INSTANCE/CLASS/MEMBER/SUBSYSTEM, the subsystem that your token is for",
            )  # fmt: skip

    def pairs(self, *, provider: str = "") -> list[Pair]:
        """The metadata that its header fields mean, for a call of ``provider`` if one is named."""
        found: list[Pair] = [(metadata.SERVICE, provider)] if provider else []
        for name, value in (*self._fields.items(), *self._made()):
            if name in _IDENTIFIERS:
                found.append((_IDENTIFIERS[name], names.identifier(value)))
            elif name in _TEXTS:
                found.append((_TEXTS[name], value))
        return found

    def headers(self, transaction: str, target: Target | None = None, *, carried_out: bool) -> Mapping[str, str]:
        """Header fields of the answer. There is a hash if the call was ``carried_out`` with its whole body."""
        fields = {_ID: self._made_id or self._fields[_ID]}
        client = next((self._fields[name] for name in _CLIENTS if name in self._fields), "")
        if client:
            fields["x-road-client"] = client
        if target is not None:
            fields["x-road-service"] = names.encoded(f"{target.provider}/{target.code}")
        if transaction:
            fields["x-road-request-id"] = transaction
            made = (*self._made(), ("x-road-request-id", transaction))
            if carried_out and (value := self._hash.value(made)):
                fields["x-road-request-hash"] = value
        return fields

    def _made(self) -> tuple[tuple[str, str], ...]:
        return ((_ID, self._made_id),) if self._made_id else ()
