"""The map of Việt Nam as tiles of our own drawing: the 63 provinces of 2022-2023, each about where it lies."""

from collections.abc import Iterator
from dataclasses import dataclass

from ndxp.world.provinces import Province, province_by_code

_DRAWING = """
  .   .   .  002 004  .   .
  .  012 010 008 006 020  .
 011 014 015 025 019 024 022
  .   .   .  026 027 030 031
  .   .  017 001 033 034  .
  .   .   .  035 036  .   .
  .   .  038 037  .   .   .
  .   .  040  .   .   .   .
  .   .   .  042  .   .   .
  .   .   .   .  044  .   .
  .   .   .   .   .  045  .
  .   .   .   .   .  046 048
  .   .   .   .   .   .  049
  .   .   .   .   .  062 051
  .   .   .   .   .  064 052
  .   .   .   .   .  066 054
  .   .   .   .  067 068 056
  .   .  072 070 075 060 058
 089 087 080 074 077  .   .
 091 092 082 079  .   .   .
  .  093 086 083  .   .   .
 096 095 094 084  .   .   .
"""
"""A row for each strip from north to south; the codes are those of ``ndxp.world.provinces``."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A province on the map; rows and columns are counted from 1, as a grid of CSS counts them."""

    province: Province
    row: int
    column: int


def tiles() -> Iterator[Tile]:
    """All tiles, from north to south and from west to east."""
    for row, line in enumerate(_DRAWING.split("\n")[1:], 1):
        for column, code in enumerate(line.split(), 1):
            if code != ".":
                yield Tile(province_by_code(code), row, column)
