"""The map of tiles: every province once, each on a place of its own, about where it lies."""

from console.tiles import tiles
from ndxp.world.provinces import provinces


def test_every_province_has_one_tile_on_a_place_of_its_own() -> None:
    drawn = list(tiles())
    assert sorted(tile.province.code for tile in drawn) == [province.code for province in provinces()]
    assert len({(tile.row, tile.column) for tile in drawn}) == len(drawn)


def test_provinces_lie_as_they_do_in_the_country() -> None:
    at = {tile.province.name: tile for tile in tiles()}
    southward = ["Hà Giang", "Hà Nội", "Hà Nam", "Thanh Hóa", "Đà Nẵng", "Khánh Hòa", "Hồ Chí Minh", "Cà Mau"]
    assert [at[name].row for name in southward] == sorted({at[name].row for name in southward})
    eastward = ["Điện Biên", "Phú Thọ", "Quảng Ninh"]
    assert [at[name].column for name in eastward] == sorted({at[name].column for name in eastward})
