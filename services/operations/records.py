"""The centre's records: a report of each facility and day, and the sums of each day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from ndxp.agency.documents import Documents


class Kind(StrEnum):
    """What is reported."""

    ADMISSIONS = "admissions"
    ATTENDANCE = "attendance"


@dataclass(frozen=True, slots=True)
class Pair:
    """The two figures of a report: admitted and discharged, or enrolled and present."""

    first: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of a facility for one day, and the day on which it first reported them."""

    figures: Pair
    reported_on: date


@dataclass(frozen=True, slots=True)
class Sum:
    """The figures of all facilities that have reported for one day."""

    facilities: int = 0
    figures: Pair = Pair()


_SUM = "sum"
_encode = msgspec.json.Encoder().encode
_decode_report = msgspec.json.Decoder(Report).decode
_decode_sum = msgspec.json.Decoder(Sum).decode


class Centre:
    """Reports by kind, day and facility."""

    def report(self, documents: Documents, kind: Kind, day: date, facility: str) -> Report | None:
        """The report of a facility for a day."""
        body = documents.get(kind, _key(day, facility))
        return _decode_report(body) if body else None

    def store(
        self, documents: Documents, kind: Kind, day: date, facility: str, report: Report, *, before: Report | None
    ) -> None:
        """Stores a report, new or in place of the one ``before``, and keeps the sum of the day."""
        total, replaced = self.sum_of(documents, kind, day), before.figures if before else Pair()
        figures = Pair(
            total.figures.first + report.figures.first - replaced.first,
            total.figures.second + report.figures.second - replaced.second,
        )
        total = Sum(total.facilities + (before is None), figures)
        documents.put(kind, _key(day, facility), _encode(report), owner=day.isoformat())
        documents.put(_SUM, f"{kind}-{day}", _encode(total))

    def sum_of(self, documents: Documents, kind: Kind, day: date) -> Sum:
        """The sum of a day."""
        body = documents.get(_SUM, f"{kind}-{day}")
        return _decode_sum(body) if body else Sum()


def _key(day: date, facility: str) -> str:
    return f"{day}-{facility}"
