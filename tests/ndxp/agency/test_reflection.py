"""Reflection of an agency: contracts with their comments, where the generated code has them beside it."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2

from ndxp.agency.contract import generate
from ndxp.agency.reflection import Reflection
from ndxp.population.v1 import population_pb2

POPULATION = population_pb2.DESCRIPTOR.services_by_name["PopulationService"].full_name
PROTO = """syntax = "proto3";
package {package};
// What the weather is.
service WeatherService {{
  rpc GetWeather(GetWeatherRequest) returns (GetWeatherRequest);
}}
// A place.
message GetWeatherRequest {{}}
"""


@asynccontextmanager
async def asked(*contracts: str, version: str = "v1alpha") -> AsyncIterator[FileDescriptorProto]:
    """The file of the last contract, as an agency's reflection describes it on the wire."""
    server = grpc.aio.server()
    Reflection(contracts).add_to(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        ask: Any = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )
        question = reflection_pb2.ServerReflectionRequest(file_containing_symbol=contracts[-1])
        [answer] = [answer async for answer in ask(iter([question]), timeout=10)]
        files = [FileDescriptorProto.FromString(f) for f in answer.file_descriptor_response.file_descriptor_proto]
        yield next(file for file in files if file.service)
    await server.stop(None)


def comments(file: FileDescriptorProto) -> set[str]:
    return {at.leading_comments.strip() for at in file.source_code_info.location}


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """The generated code of a contract of somebody else, imported; its package has the name of the parameter."""
    package: str = request.param
    folder = tmp_path / "protos" / package
    folder.mkdir(parents=True)
    (folder / "weather-now.proto").write_text(PROTO.format(package=package), encoding="utf-8")
    generate(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    import_module(f"{package}.weather_now_pb2")
    monkeypatch.delitem(sys.modules, package)
    return tmp_path / package


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_a_contract_of_this_repository_is_described_with_its_comments(version: str) -> None:
    async with asked(POPULATION, version=version) as file:
        assert "A place of residence." in comments(file)
        assert "Citizen number of 12 digits (SoDinhDanh)." in comments(file)
        assert [service.name for service in file.service] == ["PopulationService"]


@pytest.mark.parametrize("beside", ["weather_a"], indirect=True)
@pytest.mark.usefixtures("beside")
async def test_so_is_a_contract_whose_code_the_kit_has_generated() -> None:
    async with asked("weather_a.WeatherService") as file:
        assert comments(file) == {"What the weather is.", "A place."}


@pytest.mark.parametrize("beside", ["weather_b"], indirect=True)
async def test_comments_of_another_version_of_the_contract_are_left_out(beside: Path) -> None:
    (beside / "weather_now_pb2.binpb").write_bytes(Path(population_pb2.__file__).with_suffix(".binpb").read_bytes())
    async with asked("weather_b.WeatherService") as file:
        assert comments(file) == set()


@pytest.mark.parametrize("beside", ["weather_c"], indirect=True)
@pytest.mark.parametrize("content", [None, b"", b"\xff"])
async def test_without_readable_comments_a_contract_is_described_without_them(
    beside: Path, content: bytes | None
) -> None:
    found = beside / "weather_now_pb2.binpb"
    found.unlink() if content is None else found.write_bytes(content)
    async with asked("weather_c.WeatherService") as file:
        assert comments(file) == set()
        assert [service.name for service in file.service] == ["WeatherService"]


async def test_a_contract_without_generated_code_is_not_known_and_the_others_are() -> None:
    async with asked("nobody.v1.Nothing", POPULATION) as file:
        assert "A place of residence." in comments(file)
