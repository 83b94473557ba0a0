"""Records as the gateway would write them."""

from typing import Any

from gateway.core.transaction import Origin, Phase, Record, new_transaction_id


def record(phase: Phase = Phase.OUTCOME, **fields: Any) -> Record:
    """A record of an answered call; ``fields`` replace what is in it."""
    known: dict[str, Any] = {
        "transaction_id": new_transaction_id(), "client": "VN/GOV/H26/one-stop", "service": "VN/GOV/G01/demo",
        "method": "demo.v1.Demo/Get", "origin": Origin.PROVIDER, "request_in_ts": 1000, "node": "test",
    }  # fmt: skip
    return Record(phase=phase, **{**known, **fields})
