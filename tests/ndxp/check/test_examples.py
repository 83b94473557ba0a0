"""Valid requests of a check: from lines of a file, and from the catalogue."""

import pytest

from ndxp.check.examples import ExamplesRefused, first_of, from_catalogue, from_lines
from ndxp.check.provider import Asker
from ndxp.land.v1 import land_pb2 as land
from ndxp.world import World
from tests.support.museum import CONTRACT, NAME

ASKER = Asker("VN/GOV/H26/one-stop")
GET = CONTRACT.message("GetEntryRequest").DESCRIPTOR.file.services_by_name["MuseumService"].methods_by_name["GetEntry"]
PARCEL = land.DESCRIPTOR.services_by_name["LandService"].methods_by_name["GetParcel"]


def test_the_lines_of_a_method_are_its_examples_in_turn() -> None:
    lines = "".join(f'{{"method": "{NAME}/GetEntry", "request": {{"citizenNumber": "{n}"}}}}\n\n' for n in (1, 2))
    example = from_lines(lines.encode())
    given = [example(GET, ASKER, number) for number in range(3)]
    assert [[request.citizen_number for request in each or ()] for each in given] == [["1"], ["2"], ["1"]]  # type: ignore[attr-defined]


def test_a_method_without_lines_has_no_example() -> None:
    assert from_lines(b"")(GET, ASKER, 0) is None


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"method": "a.B/C"}', b"7"])
def test_a_line_that_is_no_example_is_named(line: bytes) -> None:
    with pytest.raises(ExamplesRefused, match="line 2: each line is"):
        from_lines(b"\n" + line)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ExamplesRefused, match="it is not UTF-8: byte 0"):
        from_lines(b"\xff")


def test_the_catalogue_gives_other_citizens_by_the_number() -> None:
    example = from_catalogue(World())
    first, second = (example(PARCEL, ASKER, number) for number in (0, 1))
    assert first
    assert second
    assert first != second


def test_the_first_source_that_knows_a_method_gives_its_examples() -> None:
    own = from_lines(f'{{"method": "{NAME}/GetEntry", "request": {{}}}}'.encode())
    both = first_of([own, from_catalogue(World())])
    assert both(GET, ASKER, 0) == own(GET, ASKER, 0)
    assert both(PARCEL, ASKER, 0)
