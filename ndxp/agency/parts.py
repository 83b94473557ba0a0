"""An agency's part of the exchange: what ``exchange.yaml`` in its folder says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ndxp.identifiers import Subsystem

FILE = "exchange.yaml"
FIRST_PORT = 50061
"""The default port of the first agency; the others follow in the order of their names."""


class PartRefused(ValueError):
    """A part cannot be used; the text names the file and the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What an agency brings into an exchange.

    It runs as each of ``subsystems``, and each of them offers all ``contracts``. ``grants`` are the rights that it
    gives to others, ``asks`` those that it needs from others, in the form of gateway/exchange.yaml. A grant names its
    provider and its contract only if the agency has several, and an ask its consumer likewise. ``about`` says for
    people what the agency does; ``name`` is that of the folder.
    """

    title: str
    about: str
    title_vi: str
    about_vi: str
    subsystems: list[str]
    contracts: list[str]
    grants: list[dict[str, Any]] = field(default_factory=list)
    asks: list[dict[str, Any]] = field(default_factory=list)
    name: str = ""

    @property
    def label(self) -> str:
        """The name as hosts, volumes and grants spell it, with dashes."""
        return self.name.replace("_", "-")


_KEYS = {each.name for each in fields(Part)} - {"name"}


def read_part(folder: Path) -> Part:
    """The part of the agency in a folder. Raises PartRefused."""
    import msgspec  # here, like PyYAML: without them the command still starts, and names the missing extra

    from ndxp.yaml_file import read_yaml

    path = folder / FILE
    try:
        data = read_yaml(path.read_bytes())
        if isinstance(data, dict) and (unknown := data.keys() - _KEYS):
            raise ValueError(f"it has an unknown field `{min(unknown, key=str)}`")
        part = msgspec.convert(data, Part)
        for subsystem in part.subsystems:
            Subsystem.parse(subsystem)
        if not (part.subsystems and part.contracts):
            raise ValueError("it needs at least one subsystem and one contract")
    except OSError as error:
        raise PartRefused(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise PartRefused(f"{path}: {' '.join(str(error).split())}") from error
    return replace(part, name=folder.name)


@lru_cache
def read_parts(folder: Path) -> Sequence[Part]:
    """The parts of all agencies below a folder, in the order of their names. Raises PartRefused."""
    return tuple(read_part(path.parent) for path in sorted(folder.glob(f"*/{FILE}")))


def usual_ports(parts: Sequence[Part]) -> dict[str, int]:
    """The default port of each agency, by its name."""
    return {part.name: FIRST_PORT + number for number, part in enumerate(parts)}


def addresses_of(parts: Sequence[Part], ports: Mapping[str, int], host: str = "127.0.0.1") -> dict[str, str]:
    """The address of each subsystem, when the agencies listen at these ports."""
    return {subsystem: f"{host}:{ports[part.name]}" for part in parts for subsystem in part.subsystems}
