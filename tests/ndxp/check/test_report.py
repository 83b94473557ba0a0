"""The report of a check: its three forms, and its signature."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ndxp.check.html import page
from ndxp.check.junit import junit
from ndxp.check.known import judged
from ndxp.check.report import ReportRefused, digest, report, signed, verify
from ndxp.check.result import Rule
from ndxp.ledger.checkpoint import Conformance, Key, sign_note

NAME = "ndxp.example/test"
RULE = Rule("errors/echo", "right <b>", "why & how", "docs/x.md")
RESULTS = [
    RULE.passed("a.v1.A/Get"),
    RULE.failed("a.v1.A/Put", sent="text: 'Trần'", came="<script>alert(1)</script>\x1b[0m"),
    RULE.skipped("a.v1.A/List", "no example"),
    *judged([RULE.failed("a.v1.A/Old", sent="x", came="y")], {"errors/echo:a.v1.A/Old": "ticket 7"}),
]
REPORT = report(
    RESULTS, provider="VN/COM/a/app", address="127.0.0.1:1", at="2026-11-30T09:00:00+00:00", seed=1, tries=2
)


@pytest.fixture
def private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def key(private: Ed25519PrivateKey) -> Key:
    return Key(NAME, private.public_key().public_bytes_raw())


def written(private: Ed25519PrivateKey, **changed: Any) -> bytes:
    statement = Conformance(NAME, digest(REPORT), "2026-11-30T09:00:01+00:00")
    return json.dumps({**signed(REPORT, sign_note(str(statement), NAME, [private])), **changed}).encode()


def test_a_signed_report_is_verified_whatever_the_layout_of_its_json(private: Ed25519PrivateKey) -> None:
    pretty = json.dumps(json.loads(written(private)), indent=3, sort_keys=True).encode()
    told, stated = verify(pretty, [key(private)])
    assert told["counts"] == {"passed": 1, "failed": 1, "skipped": 1, "known failure": 1}
    assert stated.at == "2026-11-30T09:00:01+00:00"


def test_a_report_that_was_changed_is_refused(private: Ed25519PrivateKey) -> None:
    with pytest.raises(ReportRefused, match="it was changed after the exchange had signed it"):
        verify(written(private, results=[]), [key(private)])


def test_a_report_that_another_key_has_signed_is_refused(private: Ed25519PrivateKey) -> None:
    with pytest.raises(ReportRefused, match="no key that is known here"):
        verify(written(private), [key(Ed25519PrivateKey.generate())])


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"{", "no JSON"), (b"[]", "no report"), (b'{"format": "other"}', "no report"), (b"\xff", "no JSON")],
)
def test_what_is_no_report_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ReportRefused, match=why):
        verify(data, [])


def test_a_report_without_a_signature_is_refused() -> None:
    with pytest.raises(ReportRefused, match="it has no signature"):
        verify(json.dumps(REPORT).encode(), [])


def test_junit_has_a_case_for_each_check() -> None:
    suites = ElementTree.fromstring(junit(REPORT))  # noqa: S314 - it was written here
    assert suites.attrib == {"tests": "4", "failures": "1", "skipped": "2"}
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert {case.get("classname") for case in cases.values()} == {"errors/echo"}
    failure, known = cases["a.v1.A/Put"].find("failure"), cases["a.v1.A/Old"].find("skipped")
    assert failure is not None
    assert known is not None
    assert failure.get("message") == "<script>alert(1)</script>\ufffd[0m"
    assert "why: why & how" in str(failure.text)
    assert known.get("message") == "known failure: ticket 7"


def test_the_page_shows_text_of_an_agency_as_text_and_failures_first() -> None:
    shown = page(REPORT).decode()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "right &lt;b&gt;" in shown
    places = [shown.index(f"errors/echo:a.v1.A/{name}<") for name in ("Put", "Old", "List", "Get")]
    assert places == sorted(places)
    assert "The exchange has not signed this report." in shown
