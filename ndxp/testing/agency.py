"""A stub in the place of an agency, for the calls of one test: a real server, which the gateway calls instead."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, Self, TypeAlias

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from ndxp.agency.caller import caller
from ndxp.agency.hosting import Agency
from ndxp.agency.parts import read_part
from ndxp.agency.server import AgencyServer
from ndxp.sandbox.nation import world
from ndxp.sandbox.state import State
from ndxp.sqlite import sqlite_url
from ndxp.testing.answers import Answer, rows
from ndxp.testing.contracts import answered, named, of_servicer
from ndxp.testing.faults import Fault
from ndxp.testing.loop import Loop

HERE = "127.0.0.1"
"""Where stubs listen."""

_Context = Any

Behaviour: TypeAlias = Callable[[Any, _Context], AsyncIterator[Message]]
"""Answers a request, or an async iterator of requests, with any number of messages."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a stub got: the method's name, who called, and the message; several of a stream in their order."""

    method: str
    client: str
    request: Message


class Serving(Protocol):
    """A server that can be stopped."""

    async def stop(self) -> None:
        """Ends it."""


class Stub:
    """Answers the calls of one test in the place of an agency.

    It is there until the ``with`` statement or the test ends. Methods that it does not answer reach the real agency.
    """

    def __init__(self, loop: Loop, serving: Serving, address: str, asked: list[Asked]) -> None:
        self._loop = loop
        self._serving: Serving | None = serving
        self._asked = asked
        self._rules: list[Fault] = []
        self.address = address
        """Where it listens, ``host:port``."""

    def reached_by(self, rule: Fault) -> None:
        """Notes a rule that sends calls to it."""
        self._rules.append(rule)

    def asked(self, method: str = "") -> list[Any]:
        """The requests that it got, of one method or of all, in their order."""
        return [each.request for each in self._asked if method in ("", each.method)]

    @property
    def requests(self) -> Sequence[Asked]:
        """What it was asked, by whom."""
        return tuple(self._asked)

    def close(self) -> None:
        """The real agency answers again."""
        for rule in self._rules:
            rule.remove()
        self.end()

    def end(self) -> None:
        """Ends its server, when no rule leads to it any more."""
        self._rules.clear()
        if self._serving is not None:
            self._loop.run(self._serving.stop())
            self._serving = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def behaviours(
    stub: object, contract: str, offered: Iterable[str]
) -> tuple[ServiceDescriptor, Mapping[str, Behaviour]]:
    """The contract that a table of answers, a servicer or its class is for, and how its methods behave.

    ``contract`` is the name of one that is ``offered``; a servicer needs none. Raises ValueError or TypeError.
    """
    if isinstance(stub, Mapping):
        found = named(contract, offered)
        return found, from_table(found, stub)
    servicer = stub() if inspect.isclass(stub) else stub
    found = named(contract, offered) if contract else of_servicer(servicer)
    behave = from_servicer(found, servicer)
    if not behave:
        raise ValueError(f"{type(servicer).__name__} answers no method of {found.full_name}")
    return found, behave


def from_table(contract: ServiceDescriptor, table: Mapping[str, Answer]) -> Mapping[str, Behaviour]:
    """Behaviours that answer as a table says. Raises ValueError or TypeError."""

    def behaviour(messages: Callable[[Any], AsyncIterator[Message]], streams: bool) -> Behaviour:
        async def behave(request: Any, _: _Context) -> AsyncIterator[Message]:
            whole = [each async for each in request] if streams else request
            async for message in messages(whole):
                yield message

        return behave

    return {
        name: behaviour(answers.messages, answers.method.client_streaming)
        for name, answers in rows(contract.methods, table).items()
    }


def from_servicer(contract: ServiceDescriptor, servicer: object) -> Mapping[str, Behaviour]:
    """Behaviours that call the methods of a servicer, plain or async."""

    def behaviour(method: Callable[[Any, _Context], Any]) -> Behaviour:
        async def behave(request: Any, context: _Context) -> AsyncIterator[Message]:
            given = method(request, context)
            if isinstance(given, AsyncIterator):
                async for message in given:
                    yield message
            elif isinstance(given, Iterator):
                for message in given:
                    yield message
            else:
                yield await given if inspect.isawaitable(given) else given

        return behave

    return {name: behaviour(getattr(servicer, name)) for name in answered(servicer, contract)}


def serve(
    loop: Loop, state: State, providers: Sequence[str], contract: ServiceDescriptor, behave: Mapping[str, Behaviour]
) -> Stub:
    """A stub that answers as each of the providers."""
    asked: list[Asked] = []
    handlers = {
        method.name: _handler(method, behave[method.name], asked)
        for method in contract.methods
        if method.name in behave
    }

    async def start() -> tuple[AgencyServer, int]:
        server = AgencyServer(providers, state.credentials, tls_folder=state.tls_folder if state.tls else None)
        generic = grpc.method_handlers_generic_handler(contract.full_name, handlers)
        server.add(contract.full_name, None, lambda _, into: into.add_generic_rpc_handlers((generic,)))
        return server, await server.start(f"{HERE}:0")

    server, port = loop.run(start())
    return Stub(loop, server, f"{HERE}:{port}", asked)


def serve_module(loop: Loop, state: State, module: ModuleType, folder: Path) -> tuple[Stub, Sequence[str]]:
    """A stub that is a whole agency, as ``ndxp new agency`` makes it; and its contracts.

    Its database is in ``folder``. Raises PartRefused.
    """
    part = read_part(Path(str(module.__file__)).parent)
    composition: Any = module.AGENCY
    settings = composition.settings(
        gateway=state.gateway, control_url=state.control_url, credentials=state.credentials,
        tls_folder=state.tls_folder if state.tls else None, clock_file=state.clock_file,
        database_url=f"{sqlite_url(folder)}/{{name}}.db", addresses={part.subsystems[0]: f"{HERE}:0"},
    )  # fmt: skip

    async def start() -> tuple[Agency, int]:
        agency = Agency(part, composition, settings, world())
        return agency, await agency.start()

    agency, port = loop.run(start())
    return Stub(loop, agency, f"{HERE}:{port}", []), part.contracts


def _handler(method: MethodDescriptor, behave: Behaviour, asked: list[Asked]) -> Any:
    """A handler of the method's kind, which notes each request."""

    def note(request: Message) -> None:
        asked.append(Asked(method.name, caller().client, request))

    async def noted(requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
        async for request in requests:
            note(request)
            yield request

    def begin(request: Any, context: _Context) -> AsyncIterator[Message]:
        if method.client_streaming:
            return behave(noted(request), context)
        note(request)
        return behave(request, context)

    async def stream(request: Any, context: _Context) -> AsyncIterator[Message]:
        async for message in begin(request, context):
            yield message

    async def single(request: Any, context: _Context) -> Message:
        return await anext(begin(request, context))

    kinds: Mapping[tuple[bool, bool], Any] = {
        (False, False): partial(grpc.unary_unary_rpc_method_handler, single),
        (False, True): partial(grpc.unary_stream_rpc_method_handler, stream),
        (True, False): partial(grpc.stream_unary_rpc_method_handler, single),
        (True, True): partial(grpc.stream_stream_rpc_method_handler, stream),
    }
    request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    return kinds[method.client_streaming, method.server_streaming](
        request_deserializer=request.FromString, response_serializer=response.SerializeToString
    )
