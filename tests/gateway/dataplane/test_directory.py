"""Reflection of what providers describe, and their health."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2 as pb
from grpc_reflection.v1alpha import reflection_pb2_grpc

from gateway.core.registry import Member, Registry, Service, Snapshot
from gateway.dataplane import directory as module
from gateway.dataplane.deadlines import Deadlines
from gateway.dataplane.directory import Directory
from gateway.dataplane.listener import Listener
from gateway.dataplane.pipeline import WorkerState
from gateway.dataplane.reflection import Reflection
from gateway.dataplane.upstream import Upstreams
from gateway.settings import GatewaySettings
from ndxp.errors import Reason, Refusal
from ndxp.wire import status
from tests.support.house import DEMO, House
from tests.support.peers import Called, RawProvider


def described(package: str, file: str, *, message: str = "M", of: str = "M") -> bytes:
    """A contract "package.S" with a message that may hold another, in a file of this name."""
    field = descriptor_pb2.FieldDescriptorProto(
        name="f", number=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, type_name=f".{package}.{of}"
    )
    service = descriptor_pb2.ServiceDescriptorProto(name="S")
    kind = descriptor_pb2.DescriptorProto(name=message, field=[field])
    made = descriptor_pb2.FileDescriptorProto(name=file, package=package, service=[service], message_type=[kind])
    return descriptor_pb2.FileDescriptorSet(file=[made]).SerializeToString()


def snapshot(**contracts: bytes) -> Snapshot:
    """Contracts "package.S" by package, all of one provider."""
    services = [Service(provider="VN/COM/C01/p", contract=f"{p}.S", address="localhost:1") for p in contracts]
    registry = Registry("VN", [Member("VN/COM/C01", "C01", subsystems=["p"])], services)
    return Snapshot(registry, {f"{package}.S": files for package, files in contracts.items()})


@asynccontextmanager
async def reflecting(shown: Snapshot, admit: Callable[[], None] = lambda: None) -> AsyncIterator[Any]:
    """A stream of questions to a worker that shows a snapshot."""
    settings = GatewaySettings(gateway_address="127.0.0.1:0", open_reflection=True)
    unused: Any = None
    deadlines, upstreams = Deadlines(asyncio.get_running_loop()), Upstreams()
    directory = Directory(WorkerState(settings, "node", unused, unused), upstreams, deadlines)
    directory.show(shown, {})
    directory._may_reflect = lambda *_: admit()  # type: ignore[method-assign]
    listener = Listener(settings, unused, directory, None)
    async with grpc.aio.insecure_channel(await listener.open()) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type] # made for both kinds
        yield stub.ServerReflectionInfo(timeout=20)
    await listener.close(0)


async def ask(stream: Any, **question: Any) -> Any:
    await stream.write(pb.ServerReflectionRequest(**question))
    return await stream.read()


def packages(answer: Any) -> list[str]:
    """The packages of the files in an answer; none when it is an error."""
    files = answer.file_descriptor_response.file_descriptor_proto
    return [descriptor_pb2.FileDescriptorProto.FromString(file).package for file in files]


async def test_contracts_whose_files_have_one_name_are_both_described() -> None:
    shown = snapshot(first=described("first", "a.proto"), second=described("second", "a.proto"))
    async with reflecting(shown) as stream:
        for package in ("first", "second", "first"):
            assert packages(await ask(stream, file_containing_symbol=f"{package}.S")) == [package]
            assert packages(await ask(stream, file_by_filename="a.proto")) == [package]
        assert packages(await ask(stream, file_containing_symbol="second.M")) == ["second"]
        assert packages(await ask(stream, file_containing_symbol="grpc.health.v1.Health")) == ["grpc.health.v1"]
        assert (await ask(stream, file_containing_symbol="third.S")).HasField("error_response")
        listed = {s.name for s in (await ask(stream, list_services="")).list_services_response.service}
        assert {"first.S", "second.S", "grpc.health.v1.Health"} <= listed


async def test_a_contract_that_changes_is_described_as_it_is_now_and_one_that_goes_no_more() -> None:
    shown = Reflection(Deadlines(asyncio.get_running_loop()))
    shown.show(snapshot(first=described("first", "a.proto"), second=described("second", "a.proto")))
    kept = shown._described["first.S"][1]
    shown.show(snapshot(first=described("first", "a.proto"), third=described("third", "c.proto")))
    assert shown._described["first.S"][1] is kept
    changed = snapshot(first=described("first", "b.proto"))
    shown.show(changed)
    assert shown._described.keys() == {"first.S"}
    async with reflecting(changed) as stream:
        assert packages(await ask(stream, file_by_filename="b.proto")) == ["first"]
        assert packages(await ask(stream, file_by_filename="a.proto")) == []


async def test_who_is_disabled_meanwhile_is_told_no_more() -> None:
    disabled = False

    def admit() -> None:
        if disabled:
            raise Refusal(Reason.MEMBER_DISABLED, "you are disabled")

    async with reflecting(snapshot(first=described("first", "a.proto")), admit) as stream:
        assert packages(await ask(stream, file_containing_symbol="first.S")) == ["first"]
        disabled = True
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await ask(stream, file_containing_symbol="first.S")
    assert status.decode(raised.value).reason == "MEMBER_DISABLED"


async def test_a_provider_writes_no_line_of_its_own_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    file = "a.proto\n2026-11-22 06:00:00,000 INFO gateway nothing happened\x1b[2J"
    shown = snapshot(first=described("first", file), second=described("second", file, of="None"))
    async with reflecting(shown) as stream:
        assert (await ask(stream, file_containing_symbol="second.S")).HasField("error_response")
        assert packages(await ask(stream, file_containing_symbol="first.S")) == ["first"]
    [said] = caplog.messages
    assert "second.S" in said
    assert said.isprintable()


async def test_a_provider_whose_answer_about_its_health_cannot_be_read_is_not_serving() -> None:
    async with RawProvider(lambda called: called.answer(b"\xff")) as provider:
        house = House(provider.address)
        house.listener.directory.show(house.state.snapshot, {})
        assert not await house.listener.directory.probe()
        await house.close()


async def test_a_service_is_asked_about_at_once_when_a_connection_to_its_provider_is_lost_and_while_it_is_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_ALL_EVERY", 1e9)
    monkeypatch.setattr(module, "_AGAIN", 0.001)
    state: Any = health_pb2.HealthCheckResponse.SERVING

    def answer(called: Called) -> None:
        called.answer(health_pb2.HealthCheckResponse(status=state).SerializeToString())

    async with RawProvider(answer) as provider:
        house = House(provider.address)
        house.listener.directory.show(house.state.snapshot, {})
        async with grpc.aio.insecure_channel(await house.listener.open()) as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            watch = stub.Watch(health_pb2.HealthCheckRequest(service=DEMO), timeout=20)
            following = asyncio.create_task(house.listener.directory.follow())
            while (await watch.read()).status != state:
                pass
            state = health_pb2.HealthCheckResponse.NOT_SERVING
            provider.carriers[0].close()
            assert (await watch.read()).status == state
            state = health_pb2.HealthCheckResponse.SERVING
            assert (await watch.read()).status == state
            watch.cancel()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await house.close()


async def test_of_several_providers_that_are_up_one_is_asked_and_of_those_that_are_down_all() -> None:
    state: Any = health_pb2.HealthCheckResponse.SERVING

    def answer(called: Called) -> None:
        called.answer(health_pb2.HealthCheckResponse(status=state).SerializeToString())

    async with RawProvider(answer) as first, RawProvider(answer) as second:
        services = [
            Service(provider=f"VN/COM/C01/{n}", contract="first.S", address=provider.address)
            for n, provider in enumerate((first, second))
        ]
        members = [Member("VN/COM/C01", "C01", subsystems=["0", "1"])]
        shown = Snapshot(Registry("VN", members, services), {})
        house = House(first.address)
        house.listener.directory.show(shown, {})
        assert await house.listener.directory.probe()
        assert (len(first.heard), len(second.heard)) == (1, 0)
        state = health_pb2.HealthCheckResponse.NOT_SERVING
        house.listener.directory.show(Snapshot(Registry("VN"), {}), {})
        house.listener.directory.show(shown, {})
        assert not await house.listener.directory.probe()
        assert (len(first.heard), len(second.heard)) == (2, 1)
        await house.close()
