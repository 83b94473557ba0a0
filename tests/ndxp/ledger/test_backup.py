"""A backup's records have the bytes that the gateway has put into the tree."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.transaction import Origin, Phase, Record, canonical
from gateway.ledger.tables import FIELDS
from ndxp.ledger.backup import line_of

texts = st.text(st.characters(exclude_categories=["Cs"]))
fields = st.fixed_dictionaries(
    {"transaction_id": texts, "phase": st.sampled_from(Phase), "origin": st.sampled_from(Origin)},
    optional={
        "client": texts, "method": texts, "reason": texts, "subjects": texts, "traceparent": texts,
        "status_code": st.integers(0, 16), "request_in_ts": st.integers(-(2**63), 2**63 - 1),
    },
)  # fmt: skip


@given(fields, st.integers(0, 2**62))
def test_a_record_is_written_as_the_gateway_writes_it(values: dict[str, object], place: int) -> None:
    record = Record(**values)  # type: ignore[arg-type]
    row = {"seq": place, **{name: getattr(record, name) for name in FIELDS}}
    assert line_of(row) == b"%d %s\n" % (place, canonical(record))
