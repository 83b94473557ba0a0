"""Who may use which part of the admin API, and what the ledger keeps of changes."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.core.transaction import Record, canonical, parse
from ndxp.ledger.payload import salt_of, salted
from ndxp.testing import RunningExchange

READ_BY_VIEWER = ["members", "services", "grants", "grant-requests", "keys", "statistics", "totals"]
READ_BY_AUDITOR = ["transactions", "ledger", "ledger/keys", "ledger/checkpoints", "ledger/records"]
CHANGES = [
    ("POST", "members/disable", {"member": "VN/COM/none"}),
    ("PUT", "members", {"id": "VN/COM/none", "name": "x"}),
    ("POST", "members/subsystems", {"member": "VN/COM/none", "subsystems": ["x"]}),
    ("POST", "members/subsystems/twin", {"subsystem": "VN/COM/none/x", "name": "y"}),
    ("DELETE", "members/subsystems?subsystem=VN/COM/none/x", None),
    ("DELETE", "members?member=VN/COM/none", None),
    ("POST", "services/disable", {"provider": "VN/COM/none/x", "contract": "a.B"}),
    ("POST", "keys", {}),
    ("POST", "ledger/keys", None),
    ("POST", "ledger/conformance", {"sha256": "0" * 64}),
    ("DELETE", "grants/none", None),
    ("POST", "grant-requests/none/approve", {}),
    ("POST", "grant-requests/none/decline", {"reason": "x"}),
]
ADMIN = "ndxp.control.v1.Admin"

As = Callable[..., httpx.Response]


@pytest.fixture
def as_role(exchange: RunningExchange) -> As:
    """Sends a request to the admin API with the secret of a role."""
    secrets = json.loads(exchange.credentials.read_text(encoding="utf-8"))

    def send(name: str, verb: str, path: str, body: Any = None) -> httpx.Response:
        header = {"authorization": f"Bearer {secrets[name]}"}
        return httpx.request(verb, f"{exchange.control_url}/admin/v1/{path}", headers=header, json=body)

    return send


def changes(exchange: RunningExchange, **search: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = exchange.admin.get("transactions", params={"limit": 1000, **search}).json()
    return [record for record in found if record["method"].startswith(ADMIN)]


@pytest.mark.parametrize("path", READ_BY_VIEWER)
@pytest.mark.parametrize("role", ["viewer", "auditor", "admin"])
def test_every_role_reads_registry_and_statistics(as_role: As, role: str, path: str) -> None:
    assert as_role(role, "GET", path).status_code == 200


@pytest.mark.parametrize("path", READ_BY_AUDITOR)
def test_the_ledger_is_for_auditors_and_the_operator(as_role: As, path: str) -> None:
    assert as_role("auditor", "GET", path).status_code == 200
    assert as_role("admin", "GET", path).status_code == 200
    refused = as_role("viewer", "GET", path)
    assert (refused.status_code, refused.json()["title"]) == (403, "This needs the role auditor")


@pytest.mark.parametrize(("verb", "path", "body"), CHANGES)
@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_only_the_operator_changes_anything(
    exchange: RunningExchange, as_role: As, role: str, verb: str, path: str, body: Any
) -> None:
    refused = as_role(role, verb, path, body)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["title"] == "This needs the role operator"
    assert role in refused.json()["detail"]
    latest = changes(exchange, client=f"admin/{role}")[0]
    assert latest["status_code"] == 7


def test_a_change_is_in_the_ledger_with_both_records_and_without_its_secrets(
    exchange: RunningExchange, as_role: As
) -> None:
    given = {"id": "VN/COM/audited", "name": "Somebody By Name", "subsystems": ["app"]}
    answer = as_role("admin", "POST", "members", given)
    assert answer.status_code == 201
    [record] = [r for r in changes(exchange) if r["issue"] == "id=VN/COM/audited"]
    assert (record["client"], record["service"], record["method"], record["status_code"], record["origin"]) == (
        "admin/operator", "VN/GOV/G22/exchange", f"{ADMIN}/AddMember", 0, "provider",
    )  # fmt: skip
    both = exchange.admin.get(f"transactions/{record['transaction_id']}").json()
    assert [one["phase"] for one in both] == ["request", "outcome"]
    assert (record["request_size"], record["response_size"]) == (len(answer.request.content), len(answer.content))
    salt_key = (exchange.folder / "salt-key").read_bytes()
    salt = salt_of(salt_key, record["transaction_id"])
    assert record["request_hash"] == salted(salt, hashlib.sha256(answer.request.content).digest())
    assert record["response_hash"] == salted(salt, hashlib.sha256(answer.content).digest())
    told = json.dumps(both)
    assert "Somebody" not in told
    assert answer.json()["credentials"]["VN/COM/audited/app"] not in told


@pytest.mark.parametrize(
    ("verb", "path", "body", "method", "issue", "status"),
    [
        ("DELETE", "grants/none", None, "DeleteGrant", "grant_id=none", 5),
        ("POST", "grants", {"consumer": "VN/COM/none", "provider": "a", "contract": "b"}, "AddGrant",
         "consumer=VN/COM/none provider=a contract=b", 3),
        ("DELETE", "services?provider=VN/COM/9/x&contract=a.B", None, "DeleteService",
         "provider=VN/COM/9/x contract=a.B", 5),
        ("POST", "members/rotate", {"member": "VN/COM/none"}, "RotateMember", "member=VN/COM/none", 5),
        ("POST", "members/disable", {"member": "VN/COM/não\n"}, "DisableMember", "", 5),
        ("PUT", "members", {"id": {"a": 1}, "name": "x"}, "PutMember", "", 3),
        ("POST", "ledger/retention", {"before": -1}, "PruneLedger", "before=-1", 3),
    ],
)  # fmt: skip
def test_a_change_that_failed_is_in_the_ledger_too(
    exchange: RunningExchange, as_role: As, verb: str, path: str, body: Any, method: str, issue: str, status: int
) -> None:
    assert as_role("admin", verb, path, body).is_client_error
    latest = changes(exchange)[0]
    assert (latest["method"], latest["issue"], latest["status_code"]) == (f"{ADMIN}/{method}", issue, status)


def test_reading_leaves_no_record(exchange: RunningExchange, as_role: As) -> None:
    before = changes(exchange)
    for path in READ_BY_VIEWER + READ_BY_AUDITOR:
        as_role("admin", "GET", path)
    assert changes(exchange) == before


def test_a_stranger_leaves_no_record(exchange: RunningExchange) -> None:
    before = changes(exchange)
    url = f"{exchange.control_url}/admin/v1/members/disable"
    assert httpx.post(url, json={"member": "x"}, headers={"authorization": "Bearer x"}).status_code == 401
    assert changes(exchange) == before


def test_a_change_can_be_proven_like_any_transaction(exchange: RunningExchange, as_role: As) -> None:
    as_role("admin", "POST", "members/enable", {"member": "VN/GOV/H22"})
    transaction = changes(exchange)[0]["transaction_id"]
    evidence = exchange.admin.get(f"ledger/evidence/{transaction}").json()
    records: list[Record] = [parse(one["record"].encode()) for one in evidence["records"]]
    assert [canonical(record).decode() for record in records] == [one["record"] for one in evidence["records"]]
    assert {record.issue for record in records} == {"member=VN/GOV/H22"}
    explained = exchange.admin.get(f"transactions/{transaction}/explanation").json()
    assert explained["verdict"].startswith("admin/operator called ndxp.control.v1.Admin/EnableMember")
