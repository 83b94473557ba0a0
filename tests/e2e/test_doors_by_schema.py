"""Requests made from every OpenAPI document, valid and invalid, against the running doors."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ndxp.sandbox import plan
from ndxp.testing import RunningExchange
from tests.e2e.conftest import transactions

ONE_STOP = "VN/GOV/H26/one-stop"
CONTRACTS = sorted({"ndxp.exchange.v1.ExchangeService", *(each for part in plan.agencies() for each in part.contracts)})
EXAMPLES = 6
FORM = [status_code_conformance, content_type_conformance]
ENVELOPES = "application/connect+json"
"""Messages in JSON behind flags and lengths: not JSON as a whole."""


@pytest.mark.long
@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_document_says_what_the_door_does(exchange: RunningExchange, contract: str) -> None:
    """Nothing but a provider fails, each answer is as the document says, and each refusal is in the ledger."""
    token = exchange.tokens(ONE_STOP).blocking()
    wrong, refused = list[str](), set[str]()
    with httpx.Client(
        base_url=exchange.rest_url,
        headers={"authorization": f"Bearer {token}", "connect-timeout-ms": "2000"},
        timeout=60,
    ) as http:
        document = http.get(f"/openapi/{contract}.json").raise_for_status().json()
        schema = schemathesis.openapi.from_dict(document)
        for path in document["paths"]:
            _ask(http, schema[path]["POST"], wrong, refused)
    assert not wrong, "\n".join(wrong[:10])
    recorded = {each["transaction_id"] for each in transactions(exchange, client=ONE_STOP)}
    assert refused
    assert refused <= recorded


def _ask(http: httpx.Client, operation: Any, wrong: list[str], refused: set[str]) -> None:
    @seed(7)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        made = case.as_transport_kwargs(base_url=str(http.base_url))
        body = {name: made[name] for name in ("json", "data") if made.get(name) is not None}
        given_to = {k: str(v) for k, v in (made.get("headers") or {}).items() if k.lower() == "content-type"}
        answer = http.post(made["url"], headers=given_to, **body)
        problem = answer.json() if answer.headers.get("content-type") == "application/problem+json" else {}
        waited = answer.status_code == 504 and operation.label.endswith("Changes")  # a feed that waits for news
        if answer.status_code >= 500 and problem.get("origin") != "provider" and not waited:
            wrong.append(f"{operation.label}: {answer.status_code} {answer.text[:300]} for {str(body)[:200]}")
        if problem.get("transaction_id"):
            refused.add(problem["transaction_id"])
        try:
            whole = answer.headers.get("content-type") != ENVELOPES
            case.validate_response(answer, checks=[*FORM, response_schema_conformance] if whole else FORM)
        except Exception as error:
            wrong.append(f"{operation.label}: {answer.status_code} {str(error)[:600]}")

    call()
