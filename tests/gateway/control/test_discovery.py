"""Contracts as providers describe them, and providers who describe them badly."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection_pb2 as pb
from grpc_reflection.v1alpha import reflection_pb2_grpc
from grpc_reflection.v1alpha._async import ReflectionServicer
from redis.exceptions import ConnectionError as StoreAway
from redis.exceptions import RedisError

from gateway.control import discovery
from gateway.control.discovery import ContractUnknown, Discovery
from gateway.core.endpoints import CONTRACT as REST
from gateway.core.registry import Member, Registry, Service, Snapshot
from tests.support.fakes import until

Answer = Callable[[Any], descriptor_pb2.FileDescriptorProto]


class Provider(reflection_pb2_grpc.ServerReflectionServicer):
    """Answers every question about its contract with a file."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def ServerReflectionInfo(self, request_iterator: Any, _: Any) -> AsyncIterator[Any]:
        async for request in request_iterator:
            await asyncio.sleep(0)
            files = [self._answer(request).SerializeToString()]
            yield pb.ServerReflectionResponse(
                file_descriptor_response=pb.FileDescriptorResponse(file_descriptor_proto=files)
            )


class Contracts:
    """The part of the registry's store that discovery needs."""

    def __init__(self, *services: Service) -> None:
        self._registry = Registry("VN", [Member("VN/COM/C01", "C01", subsystems=["p"])], list(services))
        self.learnt: dict[str, bytes] = {}

    async def load(self) -> Any:
        return SimpleNamespace(snapshot=Snapshot(self._registry, self.learnt, await self.version()))

    async def version(self) -> int:
        return len(self.learnt)

    async def put_contract(self, contract: str, files: bytes) -> None:
        self.learnt[contract] = files

    async def secret(self, _: str) -> str:
        return ""


@asynccontextmanager
async def providing(contract: str, answer: Answer, port: int = 0) -> AsyncIterator[Service]:
    server = grpc.aio.server()
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(Provider(answer), server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    yield Service(provider="VN/COM/C01/p", contract=contract, address=f"127.0.0.1:{port}")
    await server.stop(None)


def described(package: str, *, padding: int = 0) -> descriptor_pb2.FileDescriptorProto:
    """A file with the service "package.S"."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package)
    file.service.add(name="S")
    file.options.java_package = "x" * padding
    return file


def endless(request: Any) -> descriptor_pb2.FileDescriptorProto:
    """A file that depends on another one, whatever is asked."""
    name = request.file_by_filename or "0"
    return descriptor_pb2.FileDescriptorProto(name=name, dependency=[str(int(name) + 1)])


def discover(store: Contracts) -> Discovery:
    return Discovery(store, {}, "VN/GOV/G22/exchange")  # type: ignore[arg-type] # a part of it


async def test_a_description_without_an_end_keeps_no_other_contract_from_being_learnt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(discovery, "_TIMEOUT", 0.5)
    monkeypatch.setattr(discovery, "_MOST_FILES", 10**9)
    async with providing("a.S", endless) as bad, providing("b.S", lambda _: described("b")) as good:
        store = Contracts(bad, good)
        running = asyncio.create_task(discover(store).run())
        await until(lambda: "b.S" in store.learnt)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert "a.S" not in store.learnt


@pytest.mark.parametrize("answer", [endless, lambda _: described("a", padding=200_000)], ids=["files", "bytes"])
async def test_a_description_that_is_too_large_is_none(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(discovery, "_MOST_BYTES", 100_000)
    monkeypatch.setattr(discovery, "_MOST_FILES", 20)
    async with providing("a.S", answer) as service:
        with pytest.raises(ContractUnknown, match="no complete description in 20 files of 100000 bytes"):
            await discover(Contracts(service))._describe(service)


HEALTH = "grpc.health.v1.Health"
VERSIONS = ("v1", "v1alpha")


def reflecting(version: str, servicer: Any) -> grpc.GenericRpcHandler:
    """A reflection service in one version, whose messages are those of the other."""
    method = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        pb.ServerReflectionRequest.FromString,
        pb.ServerReflectionResponse.SerializeToString,
    )
    name = f"grpc.reflection.{version}.ServerReflection"
    return grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": method})


class NotHere(grpc.aio.ServerInterceptor):
    """Refuses what it does not know before the server says that it is not there, as some providers do."""

    async def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        async def refuse(_: Any, context: Any) -> None:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "not here")

        return await continuation(details) or grpc.stream_stream_rpc_method_handler(refuse)


@asynccontextmanager
async def serving(*handlers: grpc.GenericRpcHandler, guarded: bool = False) -> AsyncIterator[str]:
    """A provider of grpcio's own health service; gives its address."""
    server = grpc.aio.server(interceptors=[NotHere()] if guarded else [])
    health_pb2_grpc.add_HealthServicer_to_server(HealthServicer(), server)
    server.add_generic_rpc_handlers(handlers)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


def of_health(address: str, contract: str = HEALTH) -> Service:
    return Service(provider="VN/COM/C01/p", contract=contract, address=address)


@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize("versions", [("v1",), ("v1alpha",), VERSIONS], ids="+".join)
async def test_a_contract_is_learnt_by_whatever_version_of_reflection_there_is(
    versions: tuple[str, ...], guarded: bool
) -> None:
    servicer = ReflectionServicer([HEALTH])
    async with serving(*(reflecting(version, servicer) for version in versions), guarded=guarded) as address:
        store, service = Contracts(of_health(address)), of_health(address)
        finding = discover(store)
        assert await finding.learn(service) == finding.trouble(service) == ""
    files = descriptor_pb2.FileDescriptorSet.FromString(store.learnt[HEALTH])
    assert [file.name for file in files.file] == [health_pb2.DESCRIPTOR.name]


class Garbage:
    """Answers with bytes that are no file."""

    async def ServerReflectionInfo(self, requests: Any, _: Any) -> AsyncIterator[Any]:
        async for _request in requests:
            files = pb.FileDescriptorResponse(file_descriptor_proto=[b"\xff" * 9])
            yield pb.ServerReflectionResponse(file_descriptor_response=files)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_reason_why_a_contract_is_not_learnt_is_given_and_logged_once(
    version: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = reflecting(version, ReflectionServicer([HEALTH]))
    async with (
        serving() as without,
        serving(guarded=True) as guarded,
        serving(whole) as good,
        serving(reflecting(version, Garbage())) as bad,
    ):
        whys = [
            (of_health(without), "it has no reflection, neither grpc.reflection.v1 nor v1alpha"),
            (of_health(guarded), "its reflection says PERMISSION_DENIED"),
            (of_health(good, "no.such.v1.Service"), "its reflection does not know it (not found)"),
            (of_health(bad), "its descriptors are bad (DecodeError)"),
        ]
        for service, why in whys:
            finding = discover(Contracts(service))
            for _ in range(2):
                assert f"{service.contract}: {why}" in await finding.learn(service)
            assert finding.trouble(service).startswith(why)
            assert len([r for r in caplog.records if why in r.getMessage()]) == 1


async def test_a_provider_that_is_not_there_yet_is_in_the_log_when_it_stays_away(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = of_health("127.0.0.1:1")
    finding = discover(Contracts(service))
    assert "nothing answers there" in await finding.learn(service)
    assert not caplog.records
    monkeypatch.setattr(discovery, "_STARTING", 0.0)
    await finding.learn(service)
    assert [record.getMessage() for record in caplog.records] == [
        f"VN/COM/C01/p at 127.0.0.1:1 does not describe {HEALTH}: nothing answers there; it is asked again"
    ]


async def test_a_trouble_is_over_when_the_contract_is_learnt() -> None:
    handlers: list[grpc.GenericRpcHandler] = []

    class Later(grpc.GenericRpcHandler):
        def service(self, details: grpc.HandlerCallDetails) -> Any:
            return handlers[0].service(details) if handlers else None

    async with serving(Later()) as address:
        service = of_health(address)
        finding = discover(Contracts(service))
        await finding.learn(service)
        assert finding.trouble(service)
        handlers.append(reflecting("v1", ReflectionServicer([HEALTH])))
        await finding.learn(service)
        assert finding.trouble(service) == ""


class Counted(Contracts):
    """Counts how often somebody has looked for a new version."""

    looks = 0

    async def version(self) -> int:
        self.looks += 1
        return await super().version()


async def test_a_provider_is_asked_again_when_it_was_replaced_and_not_while_it_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(discovery, "_EVERY", 0.001)
    monkeypatch.setattr(discovery, "_AGAIN", 0.0)
    asked = list[str]()

    def answering(name: str) -> Answer:
        def answer(request: Any) -> descriptor_pb2.FileDescriptorProto:
            package = request.file_containing_symbol.removesuffix(".S")
            asked.append(f"{package} {name}")
            file = described(package)
            file.options.java_package = name
            return file

        return answer

    def learnt(name: str) -> bool:
        return all(name.encode() in store.learnt.get(contract, b"") for contract in ("a.S", "b.S"))

    async with providing("a.S", answering("before")) as service:
        store = Counted(service, Service(service.provider, "b.S", service.address))
        running = asyncio.create_task(discover(store).run())
        await until(lambda: learnt("before"))
        looks = store.looks
        await until(lambda: store.looks > looks + 20)
        assert asked == ["a before", "b before"]
    port = int(service.address.rpartition(":")[2])
    async with providing("a.S", answering("after"), port):
        await until(lambda: learnt("after"))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert sorted(asked[2:]) == ["a after", "b after"]


async def test_the_contract_of_rest_services_is_known_without_asking() -> None:
    service = Service("VN/COM/C01/p", REST, "127.0.0.1:1", rest={"clinic": "http://127.0.0.1:2"})
    store = Contracts(service)
    assert await discover(store).learn(service) == ""
    assert b"Makes a GET request." in store.learnt[REST]


async def test_the_address_is_the_one_of_this_run() -> None:
    service = of_health("127.0.0.1:1")
    finding = Discovery(Contracts(service), {service.provider: "127.0.0.1:2"}, "c")  # type: ignore[arg-type]
    assert finding.address(service) == "127.0.0.1:2"
    assert discover(Contracts(service)).address(service) == "127.0.0.1:1"


async def test_a_store_that_is_away_is_no_fault_of_a_provider() -> None:
    class Away(Contracts):
        async def secret(self, _: str) -> str:
            raise StoreAway

    async with serving(reflecting("v1", ReflectionServicer([HEALTH]))) as address:
        finding = discover(Away(of_health(address)))
        with pytest.raises(RedisError):
            await finding.learn(of_health(address))
        assert finding.trouble(of_health(address)) == ""
