"""The form of a request: what is in a message comes out of its form again, and what is wrong is named by its field."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

import ndxp
from console.form import Form, Group, Kind, Leaf, Many, Pairs, Single, WrongField
from ndxp.check.inputs import messages as any_message
from ndxp.messages import WrongRequest
from tests.support.contracts import Contract

CONTRACT = Contract("form.proto", "sample.form.v1.FormService")
SEND, SEND_MANY = CONTRACT.pool.FindServiceByName(CONTRACT.name).methods
KNOWN = Contract("known_types.proto", "sample.known.v1.KnownTypesService")
KNOWN_METHODS = KNOWN.pool.FindServiceByName(KNOWN.name).methods_by_name
_LATEST, _LONGEST, _SECOND = 253_402_300_799, 315_576_000_000, 10**9
"""The last second of the year 9999; the most seconds of a duration; nanoseconds."""
_NESTED_ONCE = 2
"""A depth from which messages hold other messages, and these hold none."""


def methods() -> Iterator[MethodDescriptor]:
    """Every method of every contract."""
    for module in pkgutil.walk_packages(ndxp.__path__, "ndxp."):
        if module.name.endswith(".v1"):
            for generated in pkgutil.iter_modules(import_module(module.name).__path__, f"{module.name}."):
                if generated.name.endswith("_pb2"):
                    for service in import_module(generated.name).DESCRIPTOR.services_by_name.values():
                        yield from service.methods


METHODS = {f"{method.containing_service.name}/{method.name}": method for method in methods()}


def carried(message: Any) -> Any:
    """The message with times that JSON can carry: it knows the years 1 to 9999, and durations of 10,000 years."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        entry = field.message_type.GetOptions().map_entry
        for inner in value.values() if entry else value if field.is_repeated else [value]:
            match inner.DESCRIPTOR.full_name if isinstance(inner, Message) else "":
                case "google.protobuf.Timestamp":
                    inner.seconds, inner.nanos = inner.seconds % _LATEST, inner.nanos % _SECOND
                case "google.protobuf.Duration":
                    inner.seconds, inner.nanos = abs(inner.seconds) % _LONGEST, inner.nanos % _SECOND
                case "google.protobuf.FieldMask":
                    inner.paths[:] = ["citizen.full_name"] * len(inner.paths)
                case "":
                    pass
                case _:
                    carried(inner)
    return message


def content(message: Message) -> str:
    """A message in protobuf's text format, which like JSON knows one NaN only."""
    return text_format.MessageToString(message).replace("-nan", "nan")


def through_a_form(method: MethodDescriptor, *requests: Message) -> list[str]:
    """What comes out of a form that was filled, of the form that its JSON fills, and of one that its own text fills."""
    form = Form(method)
    form.fill(requests)
    again = Form(method)
    again.read(form.text())
    found = [list(map(content, each.messages())) for each in (form, again)]
    assert found[0] == found[1]
    return found[0]


def test_the_methods_of_all_contracts_are_known() -> None:
    assert len(METHODS) > 100
    assert "PopulationService/GetCitizen" in METHODS


@pytest.mark.parametrize("name", METHODS)
def test_a_request_of_any_contract_comes_out_of_its_form_as_it_went_in(name: str) -> None:
    method = METHODS[name]

    @settings(max_examples=5)
    @given(any_message(method.input_type))
    def check(request: Message) -> None:
        request = carried(request)
        assert through_a_form(method, request) == [content(request)]

    check()


@settings(max_examples=40)
@given(any_message(SEND.input_type, _NESTED_ONCE))
def test_a_message_with_fields_of_every_kind_comes_out_as_it_went_in(request: Message) -> None:
    request = carried(request)
    assert through_a_form(SEND, request) == [content(request)]


@settings(max_examples=10)
@given(st.lists(any_message(SEND.input_type, _NESTED_ONCE), max_size=3))
def test_the_messages_of_a_stream_come_out_as_they_went_in(requests: list[Message]) -> None:
    requests = list(map(carried, requests))
    found = through_a_form(SEND_MANY, *requests)
    assert found == list(map(content, requests))


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("Text", '"điều trị"'), ("Number", '"12"'), ("Switch", "true"), ("Moment", '"2026-01-02T03:04:05Z"'),
        ("Time", '"1.500s"'), ("Mask", '"plain,oneMore"'), ("Object", '{"a": [1.5, null]}'), ("List", '[["a", [1]]]'),
        ("Whatever", '[[{"a": null}]]'), ("Nothing", "{}"),
        ("Boxed", '{"@type": "type.googleapis.com/sample.known.v1.Everything", "plain": "x"}'),
        ("All", '{"whatever": null, "boxed": {"@type": "type.googleapis.com/sample.known.v1.Everything"}}'),
        ("All", '{"words": {"a": [1, "b"]}, "moment": "2026-01-02T03:04:05Z"}'),
    ],
)  # fmt: skip
def test_the_known_messages_of_protobuf_are_typed_as_in_json(method: str, text: str) -> None:
    form = Form(KNOWN_METHODS[method])
    form.read(text)
    [request] = form.messages()
    assert through_a_form(KNOWN_METHODS[method], request) == [content(request)]


def group(form: Form) -> Group:
    """The message of a form."""
    request = form.requests[0]
    assert isinstance(request, Group)
    return request


def single(form: Form, name: str) -> Single:
    slot = group(form).slots[name]
    assert isinstance(slot, Single)
    return slot


def leaf(form: Form, name: str) -> Leaf:
    content = single(form, name).content
    assert isinstance(content, Leaf)
    return content


def everything(form: Form) -> Any:
    [made] = form.messages()
    return made


def test_an_empty_form_is_an_empty_message_though_its_type_holds_itself() -> None:
    assert everything(Form(SEND)) == CONTRACT.message("Everything")()
    assert Form(SEND_MANY).messages() == []
    assert Form(SEND_MANY).text() == "[]"


def test_an_optional_field_that_is_put_there_has_its_types_first_value() -> None:
    form = Form(SEND)
    for name, slot in group(form).slots.items():
        if isinstance(slot, Single) and slot.optional and not name.startswith("chosen"):
            group(form).choose(slot, there=True)
    made = everything(form)
    present = {field.name for field, _ in made.ListFields()}
    assert present >= {"maybe_number", "maybe_yes", "maybe_text", "maybe_kind", "maybe_blob", "moment", "time", "one"}
    group(form).choose(single(form, "maybeNumber"), there=False)
    assert not everything(form).HasField("maybe_number")


def test_of_a_oneof_only_the_last_that_was_chosen_is_there() -> None:
    form = Form(SEND)
    for name in ("chosenText", "chosenMessage", "chosenNumber"):
        group(form).choose(single(form, name), there=True)
    leaf(form, "chosenNumber").text = "7"
    made = everything(form)
    assert (made.WhichOneof("choice"), made.chosen_number) == ("chosen_number", 7)


def test_items_and_entries_are_added_and_are_there_at_once() -> None:
    form = Form(SEND)
    texts, words = group(form).slots["texts"], group(form).slots["words"]
    assert isinstance(texts, Many)
    assert isinstance(words, Pairs)
    texts.add()
    words.add()
    assert (list(everything(form).texts), dict(everything(form).words)) == ([""], {"": ""})


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("numberInt64", "x", "numberInt64: "), ("numberInt32", "3000000000", "numberInt32: Value out of range"),
        ("numberUint64", "-1", "numberUint64: Value out of range"), ("numberDouble", "1,5", "numberDouble: "),
        ("blob", "*", "blob: it is not base64"), ("kind", "KIND_TWO", "kind: Invalid enum value KIND_TWO"),
        ("text", "\ud800", "text: "),
    ],
)  # fmt: skip
def test_what_is_no_value_of_its_field_is_named_with_the_field(name: str, text: str, says: str) -> None:
    form = Form(SEND)
    leaf(form, name).text = text
    with pytest.raises(WrongField) as raised:
        form.messages()
    assert str(raised.value).startswith(says)


def test_a_wrong_field_deep_in_a_stream_is_named_with_its_place() -> None:
    form = Form(SEND_MANY)
    form.read('[{}, {"more": [{}, {"words": {"a": "b"}, "byNumber": {"1": {"moment": "2026-01-02T03:04:05Z"}}}]}]')
    places = [found for name, found in form.leaves() if name == "moment"]
    places[0].text = "yesterday"
    with pytest.raises(WrongField) as raised:
        form.messages()
    assert raised.value.path == "[1].more[1].byNumber[1].moment"


@pytest.mark.parametrize(
    ("keys", "says"), [(("a", "a"), "words (key): 'a' is there twice"), (("\ud800",), "words (key): ")]
)
def test_a_wrong_key_is_named(keys: tuple[str, ...], says: str) -> None:
    form = Form(SEND)
    words = group(form).slots["words"]
    assert isinstance(words, Pairs)
    for key in keys:
        words.add()[0].text = key
    with pytest.raises(WrongField) as raised:
        form.messages()
    assert str(raised.value).startswith(says)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"text": 1}', '{"nothing": 1}', '{"moment": "0000-01-01T00:00:00Z"}'])
def test_json_that_does_not_fit_changes_nothing(text: str) -> None:
    form = Form(SEND)
    form.read('{"text": "kept"}')
    with pytest.raises(WrongRequest):
        form.read(text)
    assert everything(form).text == "kept"


@settings(max_examples=30)
@given(st.text(max_size=20), st.data())
def test_whatever_is_typed_is_taken_or_named(text: str, data: st.DataObject) -> None:
    form = Form(SEND)
    name, typed = data.draw(st.sampled_from(list(form.leaves())))
    typed.text = text
    path = ""
    try:
        form.messages()
    except WrongField as error:
        path = error.path
    assert path in ("", SEND.input_type.fields_by_name[name].json_name)


def test_every_kind_of_leaf_is_met() -> None:
    form = Form(SEND)
    for slot in group(form).slots.values():
        if isinstance(slot, Single) and slot.optional and slot.described.containing_oneof is None:
            group(form).choose(slot, there=True)
    assert {each.kind for _, each in form.leaves()} == set(Kind) - {Kind.JSON}
