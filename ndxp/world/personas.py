"""A dozen documented citizens whose stories are true in whichever world they are looked up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from ndxp.world.census import FIRST_YEAR, LAST_YEAR
from ndxp.world.citizen import REFERENCE_DATE, Citizen, Sex
from ndxp.world.names import given_names_alike, normalise_name
from ndxp.world.permutation import Permutation
from ndxp.world.registers.health_insurance import CHILD_CATEGORY, HealthInsurance, Inconsistency
from ndxp.world.registers.passports import Passports

if TYPE_CHECKING:
    from ndxp.world.world import World

_MOST_TRIES = 50_000


class UnknownPersonaError(KeyError):
    """No persona has this key; the message lists those there are."""

    def __str__(self) -> str:
        return str(self.args[0])


class PersonaNotFoundError(LookupError):
    """A world too small to hold anybody with this story."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A citizen with a story that is true in the derived world, told in English and Vietnamese."""

    key: str
    story: str
    story_vi: str
    citizen: Citizen


@dataclass(frozen=True, slots=True)
class _Role:
    story: str
    story_vi: str
    plays: Callable[["World", str], bool]
    born: tuple[int, int] = (FIRST_YEAR, LAST_YEAR)


def _alive(world: "World", number: str) -> Citizen | None:
    citizen = world.citizen(number)
    return citizen if citizen and not citizen.deceased else None


def _child(world: "World", number: str) -> bool:
    card = world.entry(HealthInsurance, number)
    return (
        card is not None
        and card.category == CHILD_CATEGORY
        and world.inconsistency(number) is None
        and world.parents(number) is not None
        and _alive(world, number) is not None
    )


def _newborn_mother(world: "World", number: str) -> bool:
    citizen, children = _alive(world, number), world.children(number)
    if citizen is None or citizen.sex is not Sex.FEMALE or not children:
        return False
    youngest = world.citizen(children[-1])
    return (
        youngest is not None
        and not youngest.deceased
        and REFERENCE_DATE - youngest.birth_date <= timedelta(60)
        and world.inconsistency(number) is None
    )


def _traveller(world: "World", number: str) -> bool:
    passport = world.entry(Passports, number)
    return (
        passport is not None
        and passport.expires > REFERENCE_DATE + timedelta(365)
        and world.inconsistency(number) is None
        and _alive(world, number) is not None
    )


def _expired_passport(world: "World", number: str) -> bool:
    passport = world.entry(Passports, number)
    return passport is not None and not passport.valid() and _alive(world, number) is not None


def _planted(kind: Inconsistency) -> Callable[["World", str], bool]:
    return lambda world, number: world.inconsistency(number) is kind


def _diacritics(world: "World", number: str) -> bool:
    citizen = _alive(world, number)
    return (
        citizen is not None
        and citizen.surname in ("Đặng", "Đỗ", "Đào", "Đinh", "Đoàn")
        and citizen.given_name in given_names_alike()
        and citizen.given_name.upper() != normalise_name(citizen.given_name)
        and world.inconsistency(number) is None
    )


def _migrant(world: "World", number: str) -> bool:
    citizen = _alive(world, number)
    return citizen is not None and citizen.current_address.province != citizen.birth_registration.province


def _elder(world: "World", number: str) -> bool:
    citizen = _alive(world, number)
    return citizen is not None and citizen.age() >= 100


def _large_family(world: "World", number: str) -> bool:
    household = world.household(number)
    return (
        household is not None
        and household.head == number
        and len(household.members) >= 6
        and _alive(world, number) is not None
    )


_ROLES = {
    "child": _Role(
        "A child under six with a health-insurance card of the children's category; both parents are registered.",
        "Trẻ em dưới 6 tuổi có thẻ bảo hiểm y tế mã TE; cha và mẹ đều có trong cơ sở dữ liệu dân cư.",
        _child,
        (2018, 2022),
    ),
    "newborn-mother": _Role(
        "A married mother whose youngest child was born within the last sixty days: the birth can be followed through.",
        "Người mẹ đã kết hôn, con út sinh trong vòng 60 ngày: theo được thủ tục liên thông khai sinh.",
        _newborn_mother,
        (1988, 1998),
    ),
    "traveller": _Role(
        "An adult whose passport stays valid for more than a year; all registers agree.",
        "Người trưởng thành có hộ chiếu còn hạn trên một năm; dữ liệu các ngành khớp nhau.",
        _traveller,
        (1970, 2000),
    ),
    "expired-passport": _Role(
        "An adult whose passport has expired and must be renewed.",
        "Người trưởng thành có hộ chiếu đã hết hạn, cần cấp lại.",
        _expired_passport,
        (1950, 1995),
    ),
    "expired-card": _Role(
        "A living citizen whose health-insurance card ran out before the reference date.",
        "Công dân còn sống nhưng thẻ bảo hiểm y tế đã hết hạn sử dụng.",
        _planted(Inconsistency.CARD_EXPIRED),
    ),
    "locked-card": _Role(
        "A living citizen whose health-insurance card is valid by its dates but locked.",
        "Công dân có thẻ bảo hiểm y tế còn hạn nhưng đang bị tạm khóa.",
        _planted(Inconsistency.CARD_LOCKED),
    ),
    "diacritics": _Role(
        "A surname with Đ and a given name that differs from another one only by diacritics: both spellings match.",
        "Họ có chữ Đ, tên chỉ khác tên khác ở dấu: bỏ dấu thì hai cách viết trùng nhau.",
        _diacritics,
    ),
    "name-differs": _Role(
        "The health insurer has another given name than the population database.",
        "Tên trong dữ liệu bảo hiểm y tế khác tên trong cơ sở dữ liệu dân cư.",
        _planted(Inconsistency.NAME_DIFFERS),
    ),
    "birth-date-differs": _Role(
        "The health insurer has another birth date than the population database.",
        "Ngày sinh trong dữ liệu bảo hiểm y tế khác ngày sinh trong cơ sở dữ liệu dân cư.",
        _planted(Inconsistency.BIRTH_DATE_DIFFERS),
    ),
    "deceased-insured": _Role(
        "A death is registered, but the health-insurance card is still valid.",
        "Đã đăng ký khai tử nhưng thẻ bảo hiểm y tế vẫn còn hiệu lực.",
        _planted(Inconsistency.DECEASED_INSURED),
        (1930, 1960),
    ),
    "migrant": _Role(
        "An adult who lives in another province than the one that registered the birth.",
        "Người trưởng thành đang sống ở tỉnh khác với tỉnh đăng ký khai sinh.",
        _migrant,
        (1970, 2000),
    ),
    "elder": _Role(
        "A living citizen of a hundred years or more.",
        "Công dân còn sống, từ một trăm tuổi trở lên.",
        _elder,
        (1920, 1923),
    ),
    "large-family": _Role(
        "The head of a household of six or more.",
        "Chủ hộ của một hộ gia đình từ sáu người trở lên.",
        _large_family,
        (1968, 1982),
    ),
}

PERSONA_KEYS = tuple(_ROLES)
"""The keys of all personas, in the order in which they are documented."""


class Personas:
    """Finds, and remembers, the citizen of each persona: the first in a keyed order whose story is true."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._found: dict[str, Persona] = {}

    def persona(self, key: str) -> Persona:
        """The persona with a key; raises UnknownPersonaError, or PersonaNotFoundError in a world too small."""
        if key not in _ROLES:
            raise UnknownPersonaError(f"no persona has the key {key!r}; there are {', '.join(PERSONA_KEYS)}")
        if key not in self._found:
            self._found[key] = self._find(key, _ROLES[key])
        return self._found[key]

    def _find(self, key: str, role: _Role) -> Persona:
        for number in islice(self._candidates(key, role), _MOST_TRIES):
            if role.plays(self._world, number) and (citizen := self._world.citizen(number)):
                return Persona(key, role.story, role.story_vi, citizen)
        raise PersonaNotFoundError(f"nobody in this world of {self._world.population} people is a {key!r}")

    def _candidates(self, key: str, role: _Role) -> Iterator[str]:
        # One province after the other: a province's families take milliseconds to lay out, its people microseconds.
        blocks = list(self._world.nation.census.blocks(*role.born))
        for block in _shuffled(len(blocks), self._world.nation.key(f"persona {key}")):
            first, size = blocks[block]
            for place in _shuffled(size, self._world.nation.key(f"persona {key} {block}")):
                yield self._world.number(first + place)


def _shuffled(count: int, key: bytes) -> Iterator[int]:
    order = Permutation.covering(count, key)
    return (place for place in map(order.forward, range(order.size)) if place < count)
