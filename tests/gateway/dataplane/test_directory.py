"""Reflection of what providers describe."""

import pytest
from google.protobuf import descriptor_pb2

from gateway.core.registry import Member, Registry, Service, Snapshot
from gateway.dataplane.directory import Directory
from gateway.dataplane.upstream import Upstreams


def described(package: str, file: str) -> bytes:
    """A contract "package.S", in a file of this name."""
    service = descriptor_pb2.ServiceDescriptorProto(name="S")
    made = descriptor_pb2.FileDescriptorProto(name=file, package=package, service=[service])
    return descriptor_pb2.FileDescriptorSet(file=[made]).SerializeToString()


async def test_a_provider_writes_no_line_of_its_own_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    file = "a.proto\n2026-11-22 06:00:00,000 INFO gateway nothing happened\x1b[2J"
    services = [Service(provider="VN/COM/C01/p", contract=f"{p}.S", address="localhost:1") for p in ("first", "second")]
    registry = Registry("VN", [Member("VN/COM/C01", "C01", subsystems=["p"])], services)
    snapshot = Snapshot(registry, {f"{p}.S": described(p, file) for p in ("first", "second")})
    await Directory(Upstreams(1024), lambda _: None).show(snapshot, {})
    [said] = caplog.messages
    assert "second.S" in said
    assert said.isprintable()
