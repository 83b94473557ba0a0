"""One call of a subsystem with JSON, as a pupil makes it in the browser."""

import importlib
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from console.exchange import Refused
from ndxp import calling, messages
from ndxp.admin import AdminApi
from ndxp.client import BlockingExchange
from ndxp.language import _
from ndxp.reflection import look_up
from ndxp.wire import metadata, status

LONGEST = 30.0
"""The longest deadline, in seconds."""

_MOST = 16_384
_MOST_ANSWERS = 100
"""So many answers of a stream are shown."""

_OURS = re.compile(r"ndxp/[a-z_]+/v\d+/[a-z_]+\.proto")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is asked. ``again`` says that a failed call is sent again where that changes nothing twice."""

    client: str
    method: str
    request: str
    provider: str = ""
    purpose: str = ""
    deadline: float = 10.0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back: an answer as JSON, or why there is none, as a caller can know it."""

    answer: str = ""
    withheld: str = ""
    transaction: str = ""
    failure: status.Failure | None = None


def call(api: AdminApi, trial: Trial) -> Outcome:
    """Makes the call. Raises Refused for a method that is not there or cannot be called here, and for wrong JSON."""
    if len(trial.request) > _MOST:
        raise Refused(_("the JSON has more than {most} letters", most=_MOST))
    full = _method(api, trial.method.strip().strip("/"))
    tokens = api.state.tokens(trial.client)
    service, name = full.partition("/")[::2]
    contract = look_up(api.state.gateway, tokens, service, name)
    method = contract.service.methods_by_name.get(name) if contract else None
    if method is None:
        return _unknown(api, trial, full)
    try:
        requests = messages.read(trial.request.encode() or b"{}", method)
    except messages.WrongRequest as error:
        raise Refused(str(error)) from error
    _import(method)
    return _made(api, trial, full, [request.SerializeToString() for request in requests], method)


def _made(
    api: AdminApi, trial: Trial, full: str, requests: Sequence[bytes], method: MethodDescriptor | None
) -> Outcome:
    try:
        pairs = calling.pairs({metadata.SERVICE: trial.provider, metadata.PURPOSE: trial.purpose})
    except calling.NotCarried as error:
        raise Refused(str(error)) from error
    deadline = trial.deadline
    tokens = api.state.tokens(trial.client)
    with BlockingExchange(api.state.gateway, tokens, deadline=deadline, retries=trial.again) as exchange:
        read = GetMessageClass(method.output_type).FromString if method is not None else bytes
        asked = method is not None and method.client_streaming
        answered = method is not None and method.server_streaming
        kind = f"{'stream' if asked else 'unary'}_{'stream' if answered else 'unary'}"
        start: Any = getattr(exchange.channel, kind)(f"/{full}", response_deserializer=read)
        request: Any = iter(requests) if asked else requests[0]
        try:
            if answered:
                rpc = start(request, timeout=deadline, metadata=pairs)
                answers = list(islice(rpc, _MOST_ANSWERS))
                rpc.cancel()  # nothing happens to a stream that has ended
            else:
                answer, rpc = start.with_call(request, timeout=deadline, metadata=pairs)
                answers = [answer]
        except grpc.RpcError as error:
            failure = status.decode(error)
            return Outcome(transaction=failure.transaction_id, failure=failure)
        said = calling.Said.of(dict(rpc.trailing_metadata() or ()))
    shown = [messages.shown(answer, said.withheld) if method is not None else {} for answer in answers]
    # a stream as lines of JSON, as `ndxp call` prints it
    lines = [json.dumps(each, ensure_ascii=False, indent=None if answered else 1) for each in shown]
    return Outcome("\n".join(lines), " ".join(said.withheld), said.transaction_id)


def _unknown(api: AdminApi, trial: Trial, full: str) -> Outcome:
    """Calls a method that nobody offers: the refusal is what a pupil wants to see."""
    if not re.fullmatch(r"[\w.]+/\w+", full):
        raise Refused(_("{method!r} is no method: write VerifyCitizen, or package.Service/Method", method=full[:100]))
    return _made(api, trial, full, [b""], None)


def _method(api: AdminApi, name: str) -> str:
    """The full name of a method that a short one means. Raises Refused for a name that means several."""
    if "/" in name and "." in name.partition("/")[0]:
        return name
    offered = {f"{service['contract']}/{method}" for service in api.get("/services") for method in service["methods"]}
    meant = sorted(each for each in offered if each.endswith((f"/{name}", f".{name}")))
    if len(meant) > 1:
        raise Refused(
            _("{name!r} may be {methods}: name one of them in full", name=name[:100], methods=", ".join(meant[:10]))
        )
    if not meant:
        raise Refused(
            _("no method is called {name!r}: write VerifyCitizen, or package.Service/Method", name=name[:100])
        )
    return meant[0]


def _import(method: MethodDescriptor) -> None:
    """Imports a contract of the nation, so that the client knows which methods only read."""
    file = method.containing_service.file.name
    if _OURS.fullmatch(file):
        with suppress(ImportError):
            importlib.import_module(file.removesuffix(".proto").replace("/", ".") + "_pb2")
