"""Comments of contracts in what reflection answers; the descriptor pools of protobuf drop them."""

from collections.abc import Iterable

from google.protobuf.descriptor_pb2 import FileDescriptorProto, SourceCodeInfo
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionResponse


class Comments:
    """The comments of files, by the names of the files.

    They are kept as bytes. Put after the bytes of the same file without comments, they make one message: protobuf
    merges what is put together (https://protobuf.dev/programming-guides/encoding/#last-one-wins).
    """

    def __init__(self, files: Iterable[FileDescriptorProto]) -> None:
        found = {file.name: _only_comments(file.source_code_info) for file in files}
        self._comments = {
            name: FileDescriptorProto(source_code_info=info).SerializeToString()
            for name, info in found.items()
            if info.location
        }

    def add_to(self, response: ServerReflectionResponse) -> ServerReflectionResponse:
        """Adds the comments to the files in an answer of reflection, and returns the answer."""
        if self._comments:
            files = response.file_descriptor_response.file_descriptor_proto
            for number, file in enumerate(files):
                files[number] = file + self._comments.get(FileDescriptorProto.FromString(file).name, b"")
        return response


def _only_comments(info: SourceCodeInfo) -> SourceCodeInfo:
    """The places in a file that have a comment; protoc lists the place of every word."""
    return SourceCodeInfo(location=[at for at in info.location if at.leading_comments or at.trailing_comments])
