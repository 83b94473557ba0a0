"""What a test of an agency says of its ids and tokens: the rule of each, and how an object of its own comes to be.

A file in tests/services/objects is an agency's part of it: ``RULES`` by method and field, ``KINDS`` of objects by
contract and field ("package.Service/application_id"), ``LISTS`` by method, ``AGENCIES`` that are needed for them,
``NOT_NOW`` the reasons of methods that an object does not allow in the state in which it is filed. test_objects.py
holds all of it.
"""

from collections.abc import Awaitable, Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from ndxp.wire import metadata
from ndxp.world import World

if TYPE_CHECKING:
    from tests.services.conftest import Town

OBJECT = "names an object, which exists for its filer and its keeper only"
ADDRESSED = "names an object that was sent to the calling body; the agency's own tests have who may use it"
PLACE = "a token that its caller was given, for this list only"
MARK = "given back with the answer"
SECRET = "what those of a payment alone were told; it opens nothing without the company's signature"
PUBLIC = "a place in a list that every member may read"
KEY = "a public key of the caller's own"

MATTER = "the caller's own name for its dossier; others may have the same"

MEMBER, OTHER = "VN/GOV/H26/one-stop", "VN/GOV/H29/one-stop"
PROTOS = Path(__file__).parents[2] / "protos"


class Kind(NamedTuple):
    """Objects of a kind: who keeps them, how MEMBER files one, and by which method and field it is read."""

    agency: str
    keeper: str
    file: Callable[["Town", World], Awaitable[Any]]
    read: str
    field: str


List = Callable[["Town", World], Awaitable[tuple[dict[str, Any], str]]]
"""Makes a list of MEMBER's with more than a page: the fields that ask for it, and the token of its next page."""


def stated(world: World, persona: str) -> dict[str, str]:
    """What a request says of somebody."""
    citizen = world.persona(persona).citizen
    return {
        "citizen_number": citizen.number,
        "full_name": citizen.full_name,
        "birth_date": str(citizen.birth_date),
    }


def methods() -> Iterator[MethodDescriptor]:
    """Those of all contracts."""
    for file in sorted(PROTOS.rglob("*.proto")):
        module = import_module(".".join(file.relative_to(PROTOS).with_suffix("").parts) + "_pb2")
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from service.methods


def name_of(method: MethodDescriptor) -> str:
    return f"{method.containing_service.full_name}/{method.name}"


METHODS = {name_of(method): method for method in methods()}


def call(town: "Town", name: str, member: str = MEMBER, service: str = "", **fields: Any) -> Awaitable[Any]:
    """Calls a method; of a stream of answers it gives the first."""
    method = METHODS[name]
    request: Any = GetMessageClass(method.input_type)(**fields)
    if "request_id" in method.input_type.fields_by_name:
        request.request_id = str(uuid4())
    codec: Any = (type(request).SerializeToString, GetMessageClass(method.output_type).FromString)
    pairs = ((metadata.SERVICE, service),) if service else ()
    if method.server_streaming:
        stream = town.channel(member).unary_stream(f"/{name}", *codec)(request, metadata=pairs)
        return stream.read()
    single: Awaitable[Any] = town.channel(member).unary_unary(f"/{name}", *codec)(request, metadata=pairs)
    return single
