"""Contracts as reflection describes them, by whomever."""

import gc
import random
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message_factory import GetMessageClass

from ndxp.contract import Contract
from tests.support.contracts import compiled

LIBRARY = "sample.library.v1.LibraryService"


def files() -> list[FileDescriptorProto]:
    return list(FileDescriptorSet.FromString(compiled("library.proto")).file)


def contract(*given: FileDescriptorProto) -> Contract:
    return Contract(FileDescriptorSet(file=given).SerializeToString(), LIBRARY)


def test_every_kind_of_element_has_its_comment() -> None:
    read = contract(*files())
    method = read.service.methods_by_name["GetBook"]
    book: Any = method.output_type
    elements = [
        method, book, book.fields_by_name["pages"], book.fields_by_name["kind"].enum_type,
        book.fields_by_name["kind"].enum_type.values_by_name["KIND_NOVEL"],
        book.fields_by_name["place"].message_type.fields_by_name["room"],
    ]  # fmt: skip
    assert [read.comment(element) for element in elements] == [
        "One book.", "A book.", "How many pages it has.", "What a book is.", "A novel.", "Which room.",
    ]  # fmt: skip
    assert read.comment(book.fields_by_name["name"]) == ""
    assert (read.read_only(method), read.read_only(read.service.methods_by_name["LendBook"])) == (True, False)


def test_the_files_may_be_in_any_order() -> None:
    shuffled = files()
    random.Random(1).shuffle(shuffled)
    assert [file.name for file in shuffled] != [file.name for file in files()]
    assert contract(*shuffled).service.full_name == LIBRARY


def test_no_class_of_a_message_is_collected_while_there_is_the_contract() -> None:
    kept = contract(*files())
    book: Any = kept.service.methods_by_name["GetBook"].output_type
    of_a_field = book.fields_by_name["place"].message_type
    made = [weakref.ref(GetMessageClass(kind)) for kind in (book, of_a_field)]
    del book, of_a_field
    gc.collect()
    assert None not in [each() for each in made]


def unknown_type(file: FileDescriptorProto) -> None:
    file.message_type[0].field.add(name="x", number=99, type=11, type_name=".sample.Nothing", label=1)


def itself(file: FileDescriptorProto) -> None:
    file.dependency.append(file.name)


def missing(file: FileDescriptorProto) -> None:
    file.dependency.append("nothing.proto")


@pytest.mark.parametrize("damage", [unknown_type, itself, missing])
def test_files_that_contradict_one_another_are_refused(damage: Callable[[FileDescriptorProto], None]) -> None:
    *others, library = files()
    damage(library)
    with pytest.raises(ValueError, match=f"the files do not describe {LIBRARY}"):
        contract(*others, library)


def test_an_annotation_that_does_not_fit_its_method_is_left_out() -> None:
    read = contract(*files())
    assert read.rules(read.service.methods_by_name["Broken"]) == []
    assert [rule.verb for rule in read.rules(read.service.methods_by_name["GetBook"])] == ["GET", "GET"]
