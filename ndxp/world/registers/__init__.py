"""The registers of the nation beside one another; a file in this folder that has a ``Register`` is one of them."""

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeVar

from ndxp.world.lives import Households
from ndxp.world.nation import Nation
from ndxp.world.record import Records
from ndxp.world.registers.households import HouseholdNumbers
from ndxp.world.registers.old_numbers import OldNumbers
from ndxp.world.registers.register import Register
from ndxp.world.registers.serials import Serials

_R = TypeVar("_R", bound=Register[Any])


class Registers:
    """The registers of one nation, each made when it is first asked for; ``registers[Passports]`` gives one."""

    def __init__(self, nation: Nation) -> None:
        self.nation = nation
        self.households = Households(nation)
        self._made: dict[type, Any] = {}

    def __getitem__(self, kind: type[_R]) -> _R:
        if kind not in self._made:
            self._made[kind] = kind(self)
        register: _R = self._made[kind]
        return register

    @cached_property
    def records(self) -> Records:
        """The records of citizens, which other registers take names and addresses from."""
        return Records(self.nation, old_number=self[OldNumbers].of, household_number=self[HouseholdNumbers].founded_by)

    @cached_property
    def serials(self) -> Serials:
        """The serials of the three registers that number people within a province."""
        return Serials(self.nation, self.nation.key("registers"), registers=3)


def register_kinds() -> Mapping[str, type[Register[Any]]]:
    """Every register that there is, by its name, in the order of the files."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {
        kind.name: kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Register) and hasattr(kind, "name")
    }
