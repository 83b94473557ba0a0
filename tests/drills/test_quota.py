"""The quota drill's figures."""

import json
from dataclasses import asdict

from drills.quota import Consumer, outcome


def test_calls_that_failed_for_another_reason_are_told_by_reason_in_the_file_too() -> None:
    refused = ["QUOTA_EXCEEDED", "OVERLOADED", "QUOTA_EXCEEDED", "OVERLOADED", "UNAVAILABLE"]
    found = outcome(Consumer("VN/GOV/H26/one-stop", 1, "", answered=[0.5], refused=refused), quota=1, seconds=2)
    assert (found.offered, found.answered, found.refused) == (3, 0.5, 1)
    assert json.loads(json.dumps(asdict(found)))["other"] == {"OVERLOADED": 2, "UNAVAILABLE": 1}
