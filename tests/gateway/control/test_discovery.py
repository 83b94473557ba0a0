"""Contracts as providers describe them, and providers who describe them badly."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_reflection.v1alpha import reflection_pb2 as pb
from grpc_reflection.v1alpha import reflection_pb2_grpc

from gateway.control import discovery
from gateway.control.discovery import ContractUnknown, Discovery
from gateway.core.registry import Member, Registry, Service, Snapshot
from tests.fakes import until

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
async def providing(contract: str, answer: Answer) -> AsyncIterator[Service]:
    server = grpc.aio.server()
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(Provider(answer), server)
    port = server.add_insecure_port("127.0.0.1:0")
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
