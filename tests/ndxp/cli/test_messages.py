"""What `ndxp call` takes as a request, and how it shows an answer."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha import reflection
from hypothesis import given
from hypothesis import strategies as st

from ndxp import messages
from ndxp.messages import WrongRequest
from ndxp.sandbox import life
from ndxp.testing import RunningExchange
from tests.ndxp.cli.conftest import Ndxp
from tests.support.contracts import Contract
from tests.support.fakes import until_now

CONTRACT = Contract("known_types.proto", "sample.known.v1.KnownTypesService")
METHODS = CONTRACT.pool.FindServiceByName(CONTRACT.name).methods_by_name
DEEP = 100_000
EXAMPLES: dict[str, Any] = {
    "Text": "điều trị", "Number": "12", "Switch": True, "Moment": "2026-01-02T03:04:05Z", "Time": "1.500s",
    "Mask": "plain,oneMore", "Object": {"a": [1.5, None]}, "List": ["a", [True]], "Whatever": [{"a": None}],
    "Boxed": {"@type": "type.googleapis.com/sample.known.v1.Everything", "plain": "x"}, "Nothing": {},
}  # fmt: skip
"""A JSON value of each kind that a method takes."""


def read(method: str, text: str | bytes) -> list[Any]:
    """The messages of a request in the form in which answers are shown."""
    data = text if isinstance(text, bytes) else text.encode()
    return [messages.shown(message) for message in messages.read(data, METHODS[method])]


@pytest.mark.parametrize("method", EXAMPLES)
def test_a_message_that_is_no_object_in_json_is_taken_and_shown_as_its_own_kind(method: str) -> None:
    (shown,) = read(method, json.dumps(EXAMPLES[method]))
    shown = {key: shown[key] for key in EXAMPLES[method]} if method == "Boxed" else shown
    assert shown == EXAMPLES[method]


@pytest.mark.parametrize("text", ['"a" "b"', '["a", "b"]', '"a"\n\n"b"\n', ' [\n "a",\r\n\t"b"] '])
def test_a_stream_is_an_array_or_one_value_after_another(text: str) -> None:
    assert read("Texts", text) == ["a", "b"]


def test_a_stream_of_lists_is_an_array_of_arrays_or_one_array_after_another() -> None:
    assert read("Lists", '[["a"], []]') == read("Lists", '["a"] []') == [["a"], []]


def test_no_message_at_all_is_an_empty_stream() -> None:
    assert read("Texts", "[]") == read("Texts", " \n") == []


@pytest.mark.parametrize("space", ["\u2028", "\u2029", "\x85", "\x7f", "\u00a0", "\U0001f600", "\ufeff"])
def test_any_character_may_stand_inside_a_string(space: str) -> None:
    assert read("Texts", f'"a{space}b"\n"c"') == [f"a{space}b", "c"]


@pytest.mark.parametrize("space", ["\u2028", "\x85", "\u00a0", "\x0b", "\x0c"])
def test_between_messages_stands_the_white_space_of_json_alone(space: str) -> None:
    with pytest.raises(WrongRequest, match="not JSON"):
        read("Texts", f'"a"{space}"b"')


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read("Text", b'\xef\xbb\xbf"a"') == ["a"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'"\xff"', "not UTF-8"),
        ('{"plain": "a", "plain": "b"}', "'plain' is there twice"),
        ('{"number": NaN}', "NaN is no JSON"),
        ('{"number": -Infinity}', "-Infinity is no JSON"),
        ('{"number": 1e999}', "number"),
        ('{"plain": "\\ud800"}', "plain"),
        ('{"\\ud800": 1}', "half a character"),
        (f'{{"large": {"9" * 5000}}}', "integer"),
        ('{"one": {"more": [{"large": 1.5}]}}', r"one\.more\.large: "),
        ('{"blob": 5}', "blob"),
        ('{"boxed": {"@type": "x/nobody.v1.Knows"}}', "nobody.v1.Knows"),
        ('{"moment": "soon"}', "moment"),
        ('{"kind": "KIND_TWO"}', "KIND_TWO"),
        ('{"words": []}', "words"),
        ('{"more": [null]}', "more"),
        ("[" * DEEP, "too deep"),
        ('{"whatever": ' + "[" * DEEP + "]" * DEEP + "}", "too deep"),
        ('{"one": ' * 500 + "{}" + "}" * 500, "too deep"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_wrong_with_a_request_is_one_line(text: str | bytes, says: str) -> None:
    with pytest.raises(WrongRequest, match=says) as refused:
        read("All", text)
    assert len(str(refused.value)) < 500


FIELDS = sorted(CONTRACT.message("Everything").DESCRIPTOR.fields_by_camelcase_name)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(
        st.sampled_from(FIELDS) | st.text(st.characters(codec=None), max_size=3), below, max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


@given(method=st.sampled_from(sorted(METHODS)), value=JSON, form=st.sampled_from([None, 2]))
def test_every_json_is_a_request_or_refused_in_words(method: str, value: Any, form: int | None) -> None:
    with suppress(WrongRequest):
        read(method, json.dumps(value, indent=form))


class _Provider:
    """Answers each method with what it is asked."""

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            raise AttributeError(name)
        return lambda request, _: request


@pytest.fixture(scope="module")
def registered(exchange: RunningExchange) -> Iterator[str]:
    """The service of known types on the exchange; gives its name."""
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((CONTRACT.handler(_Provider()),))
    reflection.enable_server_reflection((CONTRACT.name, reflection.SERVICE_NAME), server, CONTRACT.pool)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    provider, name = "VN/COM/known/types", CONTRACT.name
    member = {"id": "VN/COM/known", "name": "Known", "subsystems": ["types"]}
    exchange.admin.put("members", json=member).raise_for_status()
    service = {"provider": provider, "contract": name, "address": f"127.0.0.1:{port}"}
    exchange.admin.put("services", json=service).raise_for_status()
    grant = {"consumer": provider, "provider": provider, "contract": name, "methods": ["*"]}
    exchange.admin.post("grants", json=grant).raise_for_status()
    until_now(lambda: life.same_registry(exchange.state))
    yield name
    exchange.admin.delete("services", params={"provider": provider, "contract": name}).raise_for_status()
    server.stop(None)


@pytest.mark.parametrize("method", EXAMPLES)
def test_known_types_go_through_the_exchange_and_back(ndxp: Ndxp, registered: str, method: str) -> None:
    ran = ndxp("call", f"{registered}/{method}", json.dumps(EXAMPLES[method]), "--as", "VN/COM/known", "--json")
    assert ran.code == 0, ran.err
    (answer,) = ran.data["answers"]
    assert answer == EXAMPLES[method] if method != "Boxed" else answer["plain"] == "x"


@pytest.mark.parametrize("way", ["stdin", "file"])
def test_a_pretty_printed_file_is_a_request(ndxp: Ndxp, registered: str, tmp_path: Path, way: str) -> None:
    text = json.dumps({"plain": "a\u2028b", "more": [{"plain": "ế"}]}, indent=2, ensure_ascii=False)
    file = tmp_path / "yêu cầu.json"
    file.write_bytes(text.encode())
    word = "-" if way == "stdin" else f"@{file}"
    ran = ndxp("call", f"{registered}/All", word, "--as", "VN/COM/known", "--json", given=text)
    assert ran.code == 0, ran.err
    assert ran.data["answers"][0]["plain"] == "a\u2028b"


@pytest.mark.parametrize("content", [None, b"\xff", b"[" * DEEP], ids=["no file", "no UTF-8", "deep"])
def test_a_file_that_holds_no_request_is_wrong_usage(ndxp: Ndxp, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "request.json"
    if content is not None:
        file.write_bytes(content)
    ran = ndxp("call", "ndxp.population.v1.PopulationService/VerifyCitizen", f"@{file}")
    assert ran.code == 2
    assert ran.complaint


def test_a_deep_argument_is_wrong_usage_in_one_line(ndxp: Ndxp) -> None:
    ran = ndxp("call", "ndxp.population.v1.PopulationService/VerifyCitizen", "[" * (sys.getrecursionlimit() * 2))
    assert ran.code == 2
    assert "too deep" in ran.complaint
