"""OpenAPI documents of contracts: they are valid, and say what the contract says."""

from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from openapi_spec_validator import OpenAPIV31SpecValidator

from ndxp import contract as contracts
from ndxp.errors import HTTP_STATUS, RULES, Code
from ndxp.openapi import document
from ndxp.samples.example import examples
from ndxp.wire import metadata
from tests.support.contracts import Contract, compiled
from tests.support.descriptors import file_set

CODE = sorted((Path(__file__).parents[3] / "ndxp").glob("*/v1/*_pb2.py"))
"""The generated code of every contract of the exchange and its agencies."""

LIBRARY = "sample.library.v1.LibraryService"
BOOK = "sample.library.v1.Book"


def services() -> list[ServiceDescriptor]:
    modules = [import_module(".".join(path.relative_to(path.parents[3]).with_suffix("").parts)) for path in CODE]
    return [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]


def files_of(service: ServiceDescriptor) -> bytes:
    """A contract as discovery learns it, with its comments."""
    [written] = FileDescriptorSet.FromString(
        next(p for p in CODE if p.stem == Path(service.file.name).stem + "_pb2").with_suffix(".binpb").read_bytes()
    ).file
    found = FileDescriptorSet.FromString(file_set(service.file))
    return FileDescriptorSet(file=[written if f.name == written.name else f for f in found.file]).SerializeToString()


def made(files: bytes, contract: str, requests: dict[str, Any] | None = None) -> dict[str, Any]:
    return document(
        contracts.Contract(files, contract),
        url="http://door.test",
        token_url="http://control.test/oauth2/token",
        examples=requests,
    )


@pytest.fixture(scope="module")
def library() -> dict[str, Any]:
    return made(compiled("library.proto"), LIBRARY)


def schema(whole: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = whole["components"]["schemas"][name]
    return found


def validator(whole: dict[str, Any], wanted: dict[str, Any]) -> Any:
    """A validator of a schema in a document."""
    return jsonschema_rs.Draft202012Validator({**wanted, "components": whole["components"]})


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_the_document_of_every_contract_is_valid_and_has_comments_and_examples_that_fit(
    service: ServiceDescriptor,
) -> None:
    requests = examples(service.full_name)
    whole = made(files_of(service), service.full_name, requests)
    OpenAPIV31SpecValidator(whole).validate()
    operations = {path: item["post"] for path, item in whole["paths"].items()}
    assert set(operations) == {f"/{service.full_name}/{method.name}" for method in service.methods}
    assert all(operation["description"] for operation in operations.values())
    kinds = [kind for name, kind in whole["components"]["schemas"].items() if name.startswith(service.file.package)]
    assert all(kind["description"] for kind in kinds)
    assert all(field["description"] for kind in kinds for field in kind.get("properties", {}).values())
    for name, request in requests.items():
        content = operations[f"/{service.full_name}/{name}"]["requestBody"]["content"]["application/json"]
        assert content["example"] == request
        validator(whole, content["schema"]).validate(request)


@pytest.mark.parametrize(
    "file_and_contract",
    [("library.proto", LIBRARY), ("known_types.proto", "sample.known.v1.KnownTypesService")],
    ids=["annotated", "known types"],
)
def test_so_is_the_document_of_a_contract_of_somebody_else(file_and_contract: tuple[str, str]) -> None:
    file, contract = file_and_contract
    OpenAPIV31SpecValidator(made(compiled(file), contract)).validate()


def test_a_field_has_its_type_in_json_and_its_comment(library: dict[str, Any]) -> None:
    book = schema(library, BOOK)["properties"]
    reference = {"$ref": f"#/components/schemas/{BOOK}"}
    assert book["pages"]["type"] == "string"
    assert book["pages"]["description"] == "How many pages it has."
    assert book["kind"]["description"] == "Its kind."
    assert book["sequel"] == reference
    assert book["translations"] == {"type": "object", "additionalProperties": reference}
    assert book["cover"] == {"type": "string", "contentEncoding": "base64"}
    assert book["authors"] == {"type": "array", "items": {"type": "string"}}
    assert book["bought"] == {"type": "string", "format": "date-time"}
    kind = schema(library, "sample.library.v1.Kind")
    assert kind["enum"] == ["KIND_UNSPECIFIED", "KIND_NOVEL", "KIND_OTHER"]
    assert kind["description"] == (
        "What a book is.\n\n- `KIND_UNSPECIFIED`: Not stated.\n- `KIND_NOVEL`: A novel.\n- `KIND_OTHER`"
    )


BOOKS: list[dict[str, Any]] = [
    {},
    {"pages": "9007199254740993", "kind": "KIND_NOVEL", "weight": 0.5, "cover": "AAE="},
    {"weight": "NaN"},
    {"member": "a"},
    {"library": False},
    {"sequel": {"sequel": {"name": "c"}}, "translations": {"vi": {"name": "d"}}},
    {"notes": {"-1": "x"}, "marks": {"true": "x"}, "year": 4294967295},
    {"place": {"room": "x"}, "bought": "2026-01-01T00:00:00.5Z"},
]
NO_BOOKS: list[dict[str, Any]] = [
    {"pages": "many"},
    {"kind": "KIND_SHORT"},
    {"member": "a", "library": True},
    {"year": -1},
    {"year": 4294967296},
    {"notes": {"x": "x"}},
    {"marks": {"yes": "x"}},
    {"unknown": 1},
    {"sequel": {"weight": "heavy"}},
]


@pytest.mark.parametrize("book", BOOKS, ids=str)
def test_what_protobuf_reads_fits_the_schema(library: dict[str, Any], book: dict[str, Any]) -> None:
    message = Contract("library.proto", LIBRARY).message("Book")()
    again = json_format.MessageToDict(json_format.ParseDict(book, message))
    validator(library, schema(library, BOOK)).validate(book)
    validator(library, schema(library, BOOK)).validate(again)


@pytest.mark.parametrize("book", NO_BOOKS, ids=str)
def test_what_protobuf_refuses_does_not_fit_the_schema(library: dict[str, Any], book: dict[str, Any]) -> None:
    with pytest.raises(json_format.ParseError):
        json_format.ParseDict(book, Contract("library.proto", LIBRARY).message("Book")())
    assert not validator(library, schema(library, BOOK)).is_valid(book)


EVERYTHING: list[dict[str, Any]] = [
    {"text": "x", "moment": "2026-01-01T00:00:00Z", "whatever": [1, None], "number": "Infinity", "large": "-5"},
    {"boxed": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1.5s"}, "words": {"a": {"b": 1}}},
    {"more": [{"one": {"yes": True}}], "blob": "AA=="},
]


@pytest.mark.parametrize("everything", EVERYTHING, ids=str)
def test_known_types_have_their_own_form(everything: dict[str, Any]) -> None:
    whole = made(compiled("known_types.proto"), "sample.known.v1.KnownTypesService")
    validator(whole, schema(whole, "sample.known.v1.Everything")).validate(everything)
    for name, good, bad in (("Time", "1.5s", "1.5"), ("Mask", "a,b", 1), ("List", [1], {}), ("Nothing", {}, {"a": 1}),
                            ("Object", {"a": 1}, [1]), ("Switch", True, "yes"), ("Number", "7", "x")):  # fmt: skip
        body = whole["paths"][f"/sample.known.v1.KnownTypesService/{name}"]["post"]["requestBody"]
        wanted = validator(whole, body["content"]["application/json"]["schema"])
        assert (wanted.is_valid(good), wanted.is_valid(bad)) == (True, False), name


def test_every_header_that_a_caller_may_send_is_a_parameter(library: dict[str, Any]) -> None:
    parameters = library["components"]["parameters"]
    assert parameters.keys() == {*metadata.FROM_CALLER, metadata.TRACEPARENT, "connect-timeout-ms"}
    named = library["paths"][f"/{LIBRARY}/GetBook"]["post"]["parameters"]
    assert {each["$ref"].rpartition("/")[2] for each in named} == parameters.keys()


def test_every_reason_is_at_the_http_status_of_its_code(library: dict[str, Any]) -> None:
    responses = library["paths"][f"/{LIBRARY}/GetBook"]["post"]["responses"]
    assert {int(status) for status in responses if status != "default"} == set(HTTP_STATUS.values())
    for reason, rule in RULES.items():
        told = library["components"]["responses"][f"Error{HTTP_STATUS[rule.code]}"]
        assert f"`{reason}`: {rule.meaning}" in told["description"]
        assert "application/problem+json" in told["content"]
    assert HTTP_STATUS.keys() == set(Code)


def test_a_result_names_its_transaction_what_was_withheld_and_what_happened_to_it(library: dict[str, Any]) -> None:
    headers = library["paths"][f"/{LIBRARY}/GetBook"]["post"]["responses"]["200"]["headers"]
    of_the_rights = {metadata.TRANSACTION_ID, metadata.WITHHELD, metadata.GRANT}
    assert headers.keys() == of_the_rights | {metadata.REPLAY_OF, metadata.FAULT}


def test_a_token_comes_from_the_exchange(library: dict[str, Any]) -> None:
    schemes = library["components"]["securitySchemes"]
    flow = schemes["credentials"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "http://control.test/oauth2/token"
    assert {name for each in library["security"] for name in each} == schemes.keys()


def test_a_stream_is_lines_of_json_or_envelopes(library: dict[str, Any]) -> None:
    watch, add = (library["paths"][f"/{LIBRARY}/{name}"]["post"] for name in ("WatchBooks", "AddBooks"))
    reference = {"$ref": f"#/components/schemas/{BOOK}"}
    many = {"application/json", "application/x-ndjson", "application/connect+json"}
    assert watch["requestBody"]["content"].keys() == many - {"application/x-ndjson"}
    assert watch["responses"]["200"]["content"].keys() == many - {"application/json"}
    assert add["requestBody"]["content"].keys() == many
    assert add["requestBody"]["content"]["application/json"]["schema"] == {"type": "array", "items": reference}
    assert add["responses"]["200"]["content"].keys() == many - {"application/x-ndjson"}
    assert add["responses"]["200"]["content"]["application/json"]["schema"] == reference
    for body in watch["responses"]["200"]["content"].values():
        assert body["schema"]["contentSchema"] == reference
    assert "It answers with a stream" in watch["description"]
    assert "It takes a stream" in add["description"]


def test_the_contract_says_what_it_is_in_paragraphs(library: dict[str, Any]) -> None:
    info = library["info"]
    assert info["description"] == "Lends books.\n\nIt is a sample, whose methods have paths of their own."
    assert (info["title"], info["version"]) == (LIBRARY, "v1")
    one = library["paths"][f"/{LIBRARY}/GetBook"]["post"]
    assert one["description"] == "One book.\n\nIt changes nothing."


def test_annotated_methods_have_their_paths_too(library: dict[str, Any]) -> None:
    own = {path: set(item) for path, item in library["paths"].items() if not path.startswith(f"/{LIBRARY}/")}
    assert own == {
        "/v1/shelves/{name}/books/{name_5}": {"get"},
        "/v1/isbn/{isbn}": {"get", "delete"},
        "/v1/shelves/{shelf}/books": {"get", "post"},
        "/v1/shelves/{name}/books/{name_5}:lend": {"post"},
        "/v1/returned/{name}": {"post"},
        "/v1/returned/{name}:undo": {"post"},
        "/v1/files/{path}": {"get"},
        "/v1/files/index": {"get"},
    }


def test_an_annotated_operation_has_path_query_and_body(library: dict[str, Any]) -> None:
    paths = library["paths"]

    def named(operation: dict[str, Any], place: str) -> list[str]:
        return [each["name"] for each in operation["parameters"] if each.get("in") == place]

    listing, creating = paths["/v1/shelves/{shelf}/books"]["get"], paths["/v1/shelves/{shelf}/books"]["post"]
    assert named(listing, "path") == ["shelf"]
    assert named(listing, "query") == ["pageSize", "kinds", "lent", "age", "filter.author", "filter.old"]
    assert listing["responses"]["200"]["content"]["application/json"]["schema"]["type"] == "array"
    assert named(creating, "query") == ["dry"]
    body = creating["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": f"#/components/schemas/{BOOK}"}
    lending = paths["/v1/shelves/{name}/books/{name_5}:lend"]["post"]
    assert lending["requestBody"]["content"]["application/json"]["schema"]["properties"].keys() == {
        "member",
        "longTime",
    }
    assert named(lending, "query") == []


@pytest.mark.parametrize("files", [b"", b"\xff", compiled("echo.proto")])
def test_files_that_do_not_describe_the_contract_are_refused(files: bytes) -> None:
    with pytest.raises(ValueError, match=f"the files do not describe {LIBRARY}"):
        made(files, LIBRARY)
