"""What the exchange's processes may be told."""

import pytest
from pydantic import ValidationError

from gateway.settings import RecorderSettings


@pytest.mark.parametrize("days", [0, 0.05, 90])
def test_rows_are_kept_for_ever_or_for_longer_than_the_journal_may_repeat_them(days: float) -> None:
    assert RecorderSettings(ledger_keep_days=days).ledger_keep_days == days


def test_rows_that_the_journal_may_repeat_cannot_go() -> None:
    with pytest.raises(ValidationError, match="at least 0.05 days"):
        RecorderSettings(ledger_keep_days=0.01)
