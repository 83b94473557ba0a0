"""A register is a file: what citizens have in it is known as soon as it is there."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ndxp.world import Register, World, register_kinds, registers
from ndxp.world.registers.passports import Passports

BOATS = """
from ndxp.world.registers.register import Register


class Boats(Register[int]):
    name = "boat"

    def entry(self, person, citizen_number):
        metres = self.draw(citizen_number) % 100
        return metres if metres > 49 else None

    def number(self, person, citizen_number):
        return f"BOAT-{citizen_number}" if self.entry(person, citizen_number) else ""

    def by_number(self, value):
        person = self._nation.person(value.removeprefix("BOAT-"))
        return person if person and self.entry(person, value.removeprefix("BOAT-")) else None
"""


@pytest.fixture
def boats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Register[Any]]]:
    """A register of boats, for which no file but its own was written."""
    (tmp_path / "boats.py").write_text(BOATS, encoding="utf-8")
    monkeypatch.setattr(registers, "__path__", [*registers.__path__, str(tmp_path)])
    yield register_kinds()["boat"]
    sys.modules.pop("ndxp.world.registers.boats", None)
    delattr(registers, "boats")


def test_a_register_that_is_dropped_in_has_entries_and_numbers_of_citizens(
    village: World, boats: type[Register[Any]]
) -> None:
    numbers = [village.number(index) for index in range(2_000)]
    held = {number: village.entry(boats, number) for number in numbers}
    assert 0.4 < sum(metres is not None for metres in held.values()) / len(held) < 0.6
    for number, metres in held.items():
        value = village.identifier(boats, number)
        assert (value is None) is (metres is None)
        assert value is None or village.resolve(boats, value) == number


def test_a_new_register_changes_nothing_of_the_others(village: World, boats: type[Register[Any]]) -> None:
    alone, beside = World(village.seed, village.population), World(village.seed, village.population)
    numbers = [village.number(index) for index in range(500)]
    owners = [beside.entry(boats, number) for number in numbers]
    assert any(owners)
    assert [beside.entry(Passports, n) for n in numbers] == [alone.entry(Passports, n) for n in numbers]
    assert [beside.citizen(n) for n in numbers] == [alone.citizen(n) for n in numbers]


def test_every_register_has_a_key_of_its_own(village: World) -> None:
    made = [kind(village.registers) for kind in register_kinds().values()]
    assert len({register.key for register in made}) == len(made) == len(register_kinds())
