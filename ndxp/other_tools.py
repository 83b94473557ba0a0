"""The same call for other tools: command lines of curl and grpcurl, and Python. The token is taken when they run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message

from ndxp.language import _
from ndxp.messages import JSON, LINES, plain
from ndxp.options import DEFAULT_FOLDER, named
from ndxp.terminal import shows_everything
from ndxp.wire.tls import FRONT, Tls, file_of

_INSTALLED = ("ndxp/", "google/protobuf/")
"""Files whose generated code every member has."""


class NotPossible(Exception):
    """The tool cannot make the call; the text says why, and what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call to print. ``pairs`` are its metadata, ``folder`` is the run folder."""

    client: str
    method: MethodDescriptor
    requests: Sequence[Message]
    pairs: Sequence[tuple[str, str]]
    deadline: float
    folder: Path

    @property
    def name(self) -> str:
        """The method, "package.Service/Method"."""
        return f"{self.method.containing_service.full_name}/{self.method.name}"

    @property
    def headers(self) -> list[str]:
        """Options for the token and the metadata. The shell asks for the token, so that no secret is printed."""
        folder = named(self.folder)
        token = f'-H "authorization: Bearer $(ndxp token {quote(self.client)}{folder})"'
        return [token, *(f"-H {quote(f'{key}: {value}')}" for key, value in self.pairs)]

    @property
    def data(self) -> str:
        """The requests in JSON, a line each, quoted for the shell."""
        return quote("\n".join(_in_one_line(request) for request in self.requests))


def curl(call: Call, rest_url: str, tls: Tls | None, tls_folder: Path) -> str:
    """The command line of curl, for the door for HTTP at a URL. Raises NotPossible when the URL is not known."""
    if not rest_url:
        raise NotPossible(
            _(
                "the run folder does not say where the exchange takes HTTP: name it with `ndxp attach ... --rest URL`, "
                "or use --grpcurl"
            )
        )
    kind = LINES if call.method.client_streaming else JSON
    trusted = f"--cacert {_authority(tls, tls_folder)} " if tls is not None and rest_url.startswith("https:") else ""
    words = [
        f"curl -sSN {trusted}--max-time {call.deadline:g} {quote(f'{rest_url}/{call.name}')}",
        *call.headers,
        f"-H {quote(f'content-type: {kind}')}",
        f"--data-binary {call.data}",
    ]
    return " \\\n  ".join(words)


def grpcurl(call: Call, gateway: str, tls: Tls | None, tls_folder: Path) -> str:
    """The command line of grpcurl, which knows the contract by the gateway's reflection."""
    words = [
        f"grpcurl {_security(call.client, tls, tls_folder)} -max-time {call.deadline:g}",
        *call.headers,
        f"-d {call.data}",
        f"{quote(gateway)} {quote(call.name)}",
    ]
    return " \\\n  ".join(words)


def python(call: Call) -> str:
    """A Python program that makes the call with the generated code of its contract."""
    method, kind = call.method, call.method.input_type
    requests = [f"json_format.ParseDict({plain(request)!r}, pb.{_inside(kind)}())" for request in call.requests]
    folder = "" if call.folder == DEFAULT_FOLDER else f", folder={str(call.folder)!r}"
    given = f", metadata={list(call.pairs)!r}" if call.pairs else ""
    asked = f"services.{method.containing_service.name}Stub(exchange.channel).{method.name}"
    files = dict.fromkeys((kind.file.name, method.containing_service.file.name))
    lines = [
        *(f"# {name}: its generated code must be on the path" for name in files if not name.startswith(_INSTALLED)),
        "from google.protobuf import json_format",
        "",
        "import ndxp",
        f"import {_module(kind.file.name)} as pb",
        f"import {_module(method.containing_service.file.name)}_grpc as services",
        "",
        *(["requests = [", *(f"    {request}," for request in requests), "]"] if method.client_streaming else []),
        *([] if method.client_streaming else [f"request = {requests[0]}"]),
        f"with ndxp.connect({call.client!r}{folder}) as exchange:",
        f"    call = {asked}",
    ]
    made = f"call({'iter(requests)' if method.client_streaming else 'request'}, timeout={call.deadline:g}{given})"
    shows = [f"for answer in {made}:", "    print(answer)"] if method.server_streaming else [f"print({made})"]
    return "\n".join([*lines, *(f"    {line}" for line in shows)])


def _module(file: str) -> str:
    """The module that protoc generates for a file."""
    return f"{file.removesuffix('.proto').replace('-', '_').replace('/', '.')}_pb2"


def _inside(kind: Descriptor) -> str:
    """The name of a message in the module of its file."""
    package = kind.file.package
    return kind.full_name[len(package) + 1 :] if package else kind.full_name


def _security(client: str, tls: Tls | None, folder: Path) -> str:
    """The options of grpcurl for the connection."""
    if tls is None:
        return "-plaintext"
    own = quote(str(file_of(folder, client)))
    return f"-cacert {_authority(tls, folder)}" + (f" -cert {own} -key {own}" if tls.own else "")


def _authority(tls: Tls, folder: Path) -> str:
    """The file of the authority to trust, quoted for the shell."""
    return quote(str(folder / ("ca.pem" if tls.own else FRONT)))


def _in_one_line(request: Message) -> str:
    text = json.dumps(plain(request), ensure_ascii=False)
    return text if text.isprintable() and shows_everything() else json.dumps(plain(request))
