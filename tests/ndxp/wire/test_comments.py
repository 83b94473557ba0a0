"""Comments of a contract, which a descriptor pool drops, in an answer of reflection."""

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha.reflection_pb2 import FileDescriptorResponse, ServerReflectionResponse

from ndxp.wire.comments import Comments


def written(name: str, comment: str = "") -> FileDescriptorProto:
    """A file as protoc describes it with its comments: with the places of words too."""
    file = FileDescriptorProto(name=name, package="a")
    file.message_type.add(name="M")
    file.source_code_info.location.add(path=[4, 0, 1], span=[1, 8, 9])
    if comment:
        file.source_code_info.location.add(path=[4, 0], span=[1, 0, 10], leading_comments=comment)
    return file


def answer(*names: str) -> ServerReflectionResponse:
    files = [FileDescriptorProto(name=name, package="a") for name in names]
    for file in files:
        file.message_type.add(name="M")
    described = FileDescriptorResponse(file_descriptor_proto=[file.SerializeToString() for file in files])
    return ServerReflectionResponse(file_descriptor_response=described)


def test_each_file_of_an_answer_gets_its_own_comments_and_nothing_else_of_it_changes() -> None:
    comments = Comments([written("a.proto", " One."), written("b.proto", " Two."), written("c.proto")])
    added = comments.add_to(answer("b.proto", "c.proto", "a.proto", "d.proto"))
    files = [FileDescriptorProto.FromString(f) for f in added.file_descriptor_response.file_descriptor_proto]
    shown = {file.name: [at.leading_comments for at in file.source_code_info.location] for file in files}
    assert shown == {"b.proto": [" Two."], "c.proto": [], "a.proto": [" One."], "d.proto": []}
    assert [at.span for file in files for at in file.source_code_info.location] == [[1, 0, 10]] * 2
    assert all([message.name for message in file.message_type] == ["M"] for file in files)


def test_an_answer_without_files_stays_as_it_is() -> None:
    error = ServerReflectionResponse()
    error.error_response.error_code = 5
    before = error.SerializeToString()
    assert Comments([written("a.proto", " One.")]).add_to(error).SerializeToString() == before
    assert not error.HasField("file_descriptor_response")
