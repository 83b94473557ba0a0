"""Checks that the agency's reflection describes the contract that the exchange knows."""

from collections.abc import Iterator, Mapping

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2 as pb

from ndxp.check.line import Line
from ndxp.check.result import Result, Rule
from ndxp.contract_files import bare, with_dependencies
from ndxp.errors import Code

_PAGE = "docs/guides/agency.md#in-any-language-by-its-address"
_OFFERED = Rule(
    "reflection/offered",
    "grpc.reflection.v1 or v1alpha answers the gateway",
    "the exchange learns the contract from it; without it nobody can call by name, by JSON or with `ndxp call`",
    _PAGE,
)
_SAME = {
    version: Rule(
        f"reflection/{version}",
        f"grpc.reflection.{version} describes the contract that the exchange knows",
        "callers make their code from what the exchange shows; an agency with another contract misreads their requests",
        _PAGE,
    )
    for version in ("v1", "v1alpha")
}


def check_reflection(line: Line) -> Iterator[Result]:
    """Both versions of reflection; one of them is enough."""
    provider = line.provider
    files = with_dependencies([provider.contract.service.file])
    known = {file.name: bare(FileDescriptorProto.FromString(file.serialized_pb)) for file in files}
    shown: dict[str, Mapping[str, FileDescriptorProto] | str] = {
        version: _shown(line, version, set(known)) for version in _SAME
    }
    offered = [version for version, described in shown.items() if not isinstance(described, str)]
    if offered:
        yield _OFFERED.passed(provider.name)
    else:
        came = "; ".join(f"{version}: {why}" for version, why in shown.items())
        yield _OFFERED.failed(provider.name, sent=f"file_containing_symbol {provider.name}", came=came)
    for version, described in shown.items():
        rule = _SAME[version]
        if isinstance(described, str):
            yield rule.skipped(provider.name, f"not offered ({described}); one version is enough for the exchange")
        elif other := [name for name, file in known.items() if described.get(name) != file]:
            sent = f"file_containing_symbol {provider.name}, then the files that it depends on"
            yield rule.failed(provider.name, sent=sent, came=f"{', '.join(other)} is not what the exchange knows")
        else:
            yield rule.passed(provider.name)


def _shown(line: Line, version: str, wanted: set[str]) -> dict[str, FileDescriptorProto] | str:
    """The files by their names; or why there are none."""
    name = f"grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    requests = [pb.ServerReflectionRequest(file_containing_symbol=line.provider.name)]
    requests += [pb.ServerReflectionRequest(file_by_filename=file) for file in sorted(wanted)]
    answer = line.ask(name, requests, pb.ServerReflectionResponse)
    if not answer.good:
        return "UNIMPLEMENTED" if answer.code is Code.UNIMPLEMENTED else str(answer)
    files = {}
    for message in answer.messages:
        response = pb.ServerReflectionResponse.FromString(message.SerializeToString())
        for data in response.file_descriptor_response.file_descriptor_proto:
            file = bare(FileDescriptorProto.FromString(data))
            files[file.name] = file
    return files
