"""Wrong birth dates, as they happen in registers."""

from datetime import date

from ndxp.calendar import years_after
from ndxp.world.citizen import REFERENCE_DATE


def wrong_date(born: date, chance: int) -> date:
    """A birth date that is not the right one: day and month swapped, or one to three years early."""
    if born.day <= 12 and born.day != born.month and chance & 1:
        swapped = born.replace(month=born.day, day=born.month)
        if swapped <= REFERENCE_DATE:
            return swapped
    return years_after(born, -1 - chance % 3)
