"""What is measured: whose usage, who may see it, and which place a member has."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ndxp.agency.claim import read_period
from ndxp.errors import AgencyError, Code, invalid_argument
from services.emc.records import Calls, Group, Kind, Member

NOT_MEASURED = frozenset({"VN/GOV/H04", "VN/GOV/G34"})
"""Of 63 provinces 62 were measured, and 27 of the ministries; which were not is this project's own choice."""

MOST_DAYS = 31
"""Days of which the exchange tells the usage at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """The place of a member, from 1."""

    place: int
    member: Member
    calls: int
    answered: int


def read_group(group: int) -> Group:
    """Who is ranked; raises AgencyError when that is not said."""
    try:
        return Group(group)
    except ValueError:
        raise invalid_argument("GROUP_MISSING", "group must be GROUP_PROVINCES or GROUP_MINISTRIES", "group") from None


def read_days(since: str, until: str, today: date) -> tuple[str, str]:
    """The first and the last day; raises AgencyError for days that do not exist, in the wrong order or too many."""
    first, last = read_period(since, until, today, MOST_DAYS)
    return first.isoformat(), last.isoformat()


def read_member(member: str, own: str, *, of_all: bool) -> str:
    """Whose usage is shown; raises AgencyError when it is another member's and the caller may not see that of all."""
    if member in ("", own) or of_all:
        return member or own
    raise AgencyError(
        Code.PERMISSION_DENIED, "USAGE_OF_ANOTHER", f"member must be your own, {own}, or empty", field="member"
    )


def by_day_service_and_kind(calls: Iterable[Calls], member: str) -> Iterator[tuple[str, str, Kind, int]]:
    """The calls of a member's subsystems together, in this order; what did not happen is left out."""
    counts = Counter[tuple[str, str, Kind]]()
    for one in calls:
        if one.member == member:
            for kind, count in one.counts.items():
                counts[one.day, one.service, kind] += count
    for (day, service, kind), count in sorted(counts.items()):
        if count:
            yield day, service, kind, count


def ranking(calls: Iterable[Calls], members: Iterable[Member]) -> Sequence[Rank]:
    """The measured members, those with the most calls first; equally many are the same place."""
    made, answered = Counter[str](), Counter[str]()
    for one in calls:
        made[one.member] += sum(one.counts.values())
        answered[one.member] += one.counts[Kind.ANSWERED]
    measured = [member for member in members if member.identifier not in NOT_MEASURED]
    measured.sort(key=lambda member: (-made[member.identifier], member.identifier))
    ranks: list[Rank] = []
    for number, member in enumerate(measured, 1):
        count, before = made[member.identifier], ranks[-1] if ranks else None
        place = before.place if before and before.calls == count else number
        ranks.append(Rank(place=place, member=member, calls=count, answered=answered[member.identifier]))
    return ranks
