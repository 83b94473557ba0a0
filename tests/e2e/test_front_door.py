"""What the gateway's own port says of itself and of what is behind it: health and reflection."""

import asyncio
import json
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_requests import Client

from ndxp.testing import RunningExchange
from ndxp.wire import metadata
from ndxp.world import World
from tests.e2e.conftest import PROVIDER, Visitor, every_worker, failure_of, fresh_channel
from tests.support.echo import CONTRACT, Echo
from tests.support.fakes import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWN = {
    "ndxp.exchange.v1.ExchangeService",
    "ndxp.population.v1.PopulationService",
    "ndxp.health_insurance.v1.HealthInsuranceService",
    "ndxp.passports.v1.PassportService",
    "ndxp.access_log.v1.AccessLogService",
}
SERVING = health_pb2.HealthCheckResponse.SERVING


async def health(channel: grpc.aio.Channel, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
    return int(answer.status)


@pytest.mark.parametrize("service", ["", *sorted(OWN), CONTRACT.name])
async def test_every_registered_service_is_healthy_at_the_gateways_port(visitor: Visitor, service: str) -> None:
    async def serving(channel: grpc.aio.Channel) -> bool:
        try:
            return await health(channel, service) == SERVING
        except grpc.aio.AioRpcError:
            return False

    await until(lambda: every_worker(serving, visitor.exchange))


async def test_the_health_of_a_service_that_is_not_registered_is_not_known(visitor: Visitor) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await health(visitor.channel, "sample.none.v1.None")
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def test_reflection_lists_every_registered_service(visitor: Visitor) -> None:
    channel: Any = visitor.channel
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    question = reflection_pb2.ServerReflectionRequest(list_services="")
    [answer] = [answer async for answer in stub.ServerReflectionInfo(iter([question]), timeout=10)]
    assert {service.name for service in answer.list_services_response.service} >= {*OWN, CONTRACT.name}


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_describes_a_contract_that_was_learnt_at_run_time(visitor: Visitor, version: str) -> None:
    method = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    call = visitor.channel.stream_stream(
        method,
        reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString,
    )
    question = reflection_pb2.ServerReflectionRequest(file_containing_symbol=CONTRACT.name)
    [answer] = [answer async for answer in call(iter([question]), timeout=10)]
    files = [FileDescriptorProto.FromString(file) for file in answer.file_descriptor_response.file_descriptor_proto]
    described = {f"{file.package}.{service.name}": service for file in files for service in file.service}
    assert {method.name for method in described[CONTRACT.name].method} == {
        "Echo", "Look", "Collect", "Repeat", "Converse",
    }  # fmt: skip


async def test_reflection_has_the_comments_of_a_contract(visitor: Visitor) -> None:
    channel: Any = visitor.channel
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    question = reflection_pb2.ServerReflectionRequest(file_containing_symbol="ndxp.population.v1.PopulationService")
    [answer] = [answer async for answer in stub.ServerReflectionInfo(iter([question]), timeout=10)]
    files = [FileDescriptorProto.FromString(file) for file in answer.file_descriptor_response.file_descriptor_proto]
    comments = {at.leading_comments for file in files for at in file.source_code_info.location}
    assert " Citizen number of 12 digits (SoDinhDanh).\n" in comments


async def test_an_off_the_shelf_client_lists_the_services_and_verifies_a_citizen(exchange: RunningExchange) -> None:
    citizen = World().persona("traveller").citizen
    token = exchange.tokens("VN/GOV/H26/one-stop").blocking()

    def call() -> tuple[list[str], dict[str, object]]:
        client = Client(exchange.gateway, descriptor_pool=descriptor_pool.DescriptorPool())
        request = {
            "citizen_number": citizen.number,
            "full_name": citizen.full_name,
            "birth_date": str(citizen.birth_date),
        }
        try:
            answer = client.request(
                "ndxp.population.v1.PopulationService",
                "VerifyCitizen",
                request,
                metadata=[(metadata.AUTHORIZATION, f"Bearer {token}")],
            )
            return list(client.service_names), answer
        finally:
            client.channel.close()

    names, answer = await asyncio.to_thread(call)
    assert set(names) >= OWN
    assert answer == {"matched": True}


async def test_an_agency_takes_no_call_that_goes_past_the_gateway(exchange: RunningExchange, echo: Echo) -> None:
    services = exchange.admin.get("services").json()
    assert PROVIDER in {service["provider"] for service in services}
    addresses = exchange.state.processes[0].environment["NDXP_ADDRESSES"]
    token = exchange.tokens("VN/GOV/H26/one-stop").blocking()
    for provider, contract in (
        ("VN/GOV/G01/population", "ndxp.population.v1.PopulationService/VerifyCitizen"),
        ("VN/GOV/G24/health-insurance", "ndxp.health_insurance.v1.HealthInsuranceService/GetCard"),
        ("VN/GOV/G01/passports", "ndxp.passports.v1.PassportService/GetApplication"),
        ("VN/GOV/G22/exchange", "ndxp.exchange.v1.ExchangeService/ListMembers"),
    ):
        async with fresh_channel(json.loads(addresses)[provider]) as channel:
            pairs = ((metadata.AUTHORIZATION, f"Bearer {token}"),)
            call: Any = channel.unary_unary(f"/{contract}")
            failure = await failure_of(call(b"", metadata=pairs, timeout=10))
        assert (failure.reason, failure.hop) == ("GATEWAY_ONLY", "agency")
