"""Wrong requests from descriptors: each can be sent, and the field that is wrong is one of the contract."""

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given

from ndxp.check import inputs
from ndxp.contract import Contract
from tests.support.contracts import compiled

BOOK = Contract(compiled("library.proto"), "sample.library.v1.LibraryService").service.methods_by_name["GetBook"]
EXAMPLE = GetMessageClass(BOOK.output_type)(name="shelves/1", authors=["A"])


@given(inputs.messages(BOOK.output_type))
def test_any_message_can_be_sent(message: Message) -> None:
    assert type(message).FromString(message.SerializeToString()).ByteSize() == message.ByteSize()


@given(inputs.with_one_wrong(EXAMPLE))
def test_one_field_of_an_example_is_another(message: Message) -> None:
    names = {field.name for field in BOOK.output_type.fields}
    changed = [name for name in names if getattr(message, name) != getattr(EXAMPLE, name)]
    assert {name for name in changed if name not in ("member", "library")} <= names
    assert len(set(changed) - {"member", "library"}) <= 1


def test_each_text_and_each_list_becomes_huge_once() -> None:
    huge = dict(inputs.huge(EXAMPLE))
    assert {"name", "cover", "authors", "place.room"} <= huge.keys()
    assert all(message.ByteSize() >= 20_000 for message in huge.values())


def test_a_request_id_is_new_each_time() -> None:
    kind = Contract(compiled("museum.proto"), "sample.museum.v1.MuseumService").service.methods_by_name["StoreEntry"]
    request = GetMessageClass(kind.input_type)(text="a drum")
    one, two = inputs.renewed([request, request])
    assert one.text == two.text == "a drum"  # type: ignore[attr-defined]
    assert one.request_id != two.request_id  # type: ignore[attr-defined]
