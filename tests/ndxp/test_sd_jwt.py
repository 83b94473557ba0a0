"""Selective disclosure: what is issued, presented and checked, and what is not believed."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ndxp.jwk import base64url, public_jwk
from ndxp.sd_jwt import FRESH, LEEWAY, LONGEST, Issued, PresentationRefused, _digest, check, issue, present

NOW = 1_700_000_000
ISSUER, HOLDER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
CLAIMS = {"plate": "30A12345", "owner": "Nguyễn Ngọc Tuấn", "colour": "Trắng"}
ASKED = {"audience": "VN/COM/9900000048", "nonce": "n-1"}

# The example of a personal identity credential of draft-ietf-oauth-selective-disclosure-jwt (appendix A.3), presented
# with a bound key; RFC 9901 kept the form. The key is that of the RFC's examples (appendix A.5).
RFC_KEY = {
    "kty": "EC", "crv": "P-256", "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
    "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
}  # fmt: skip
RFC_EXAMPLE = (
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogInZjK3NkLWp3dCJ9.eyJfc2QiOiBbIjBIWm1uU0lQejMzN2tTV2U3QzM0bC0tODhnekppLWVCSjJWe"
    "l9ISndBVGciLCAiOVpicGxDN1RkRVc3cWFsNkJCWmxNdHFKZG1lRU9pWGV2ZEpsb1hWSmRSUSIsICJJMDBmY0ZVb0RYQ3VjcDV5eTJ1anFQc3N"
    "EVkdhV05pVWxpTnpfYXdEMGdjIiwgIklFQllTSkdOaFhJbHJRbzU4eWtYbTJaeDN5bGw5WmxUdFRvUG8xN1FRaVkiLCAiTGFpNklVNmQ3R1FhZ"
    "1hSN0F2R1RyblhnU2xkM3o4RUlnX2Z2M2ZPWjFXZyIsICJodkRYaHdtR2NKUXNCQ0EyT3RqdUxBY3dBTXBEc2FVMG5rb3ZjS09xV05FIiwgIml"
    "rdXVyOFE0azhxM1ZjeUE3ZEMtbU5qWkJrUmVEVFUtQ0c0bmlURTdPVFUiLCAicXZ6TkxqMnZoOW80U0VYT2ZNaVlEdXZUeWtkc1dDTmcwd1Rkb"
    "HIwQUVJTSIsICJ3elcxNWJoQ2t2a3N4VnZ1SjhSRjN4aThpNjRsbjFqb183NkJDMm9hMXVnIiwgInpPZUJYaHh2SVM0WnptUWNMbHhLdUVBT0d"
    "HQnlqT3FhMXoySW9WeF9ZRFEiXSwgImlzcyI6ICJodHRwczovL2V4YW1wbGUuY29tL2lzc3VlciIsICJpYXQiOiAxNjgzMDAwMDAwLCAiZXhwI"
    "jogMTg4MzAwMDAwMCwgInZjdCI6ICJodHRwczovL2JtaS5idW5kLmV4YW1wbGUvY3JlZGVudGlhbC9waWQvMS4wIiwgImFnZV9lcXVhbF9vcl9"
    "vdmVyIjogeyJfc2QiOiBbIkZjOElfMDdMT2NnUHdyREpLUXlJR085N3dWc09wbE1Makh2UkM0UjQtV2ciLCAiWEx0TGphZFVXYzl6Tl85aE1KU"
    "m9xeTQ2VXNDS2IxSXNoWnV1cVVGS1NDQSIsICJhb0NDenNDN3A0cWhaSUFoX2lkUkNTQ2E2NDF1eWNuYzh6UGZOV3o4bngwIiwgImYxLVAwQTJ"
    "kS1dhdnYxdUZuTVgyQTctRVh4dmhveHY1YUhodUVJTi1XNjQiLCAiazVoeTJyMDE4dnJzSmpvLVZqZDZnNnl0N0Fhb25Lb25uaXVKOXplbDNqb"
    "yIsICJxcDdaX0t5MVlpcDBzWWdETzN6VnVnMk1GdVBOakh4a3NCRG5KWjRhSS1jIl19LCAiX3NkX2FsZyI6ICJzaGEtMjU2IiwgImNuZiI6IHs"
    "iandrIjogeyJrdHkiOiAiRUMiLCAiY3J2IjogIlAtMjU2IiwgIngiOiAiVENBRVIxOVp2dTNPSEY0ajRXNHZmU1ZvSElQMUlMaWxEbHM3dkNlR"
    "2VtYyIsICJ5IjogIlp4amlXV2JaTVFHSFZXS1ZRNGhiU0lpcnNWZnVlY0NFNnQ0alQ5RjJIWlEifX19.CaXec2NNooWAy4eTxYbGWI--UeUL0j"
    "pC7Zb84PP_09Z655BYcXUTvfj6GPk4mrNqZUU5GT6QntYR8J9rvcBjvA~WyJuUHVvUW5rUkZxM0JJZUFtN0FuWEZBIiwgIm5hdGlvbmFsaXRpZ"
    "XMiLCBbIkRFIl1d~WyJNMEpiNTd0NDF1YnJrU3V5ckRUM3hBIiwgIjE4IiwgdHJ1ZV0~eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImtiK2p3dC"
    "J9.eyJub25jZSI6ICIxMjM0NTY3ODkwIiwgImF1ZCI6ICJodHRwczovL2V4YW1wbGUuY29tL3ZlcmlmaWVyIiwgImlhdCI6IDE3MjA0NTQyOTU"
    "sICJzZF9oYXNoIjogIlZFejN0bEtqOVY0UzU3TTZoRWhvVjRIc19SdmpXZWgzVHN1OTFDbmxuZUkifQ.GqtiTKNe3O95GLpdxFK_2FZULFk6KU"
    "scFe7RPk8OeVLiJiHsGvtPyq89e_grBplvGmnDGHoy8JAt1wQqiwktSg"
)
RFC_ASKED = {"audience": "https://example.com/verifier", "nonce": "1234567890"}
RFC_NOW = 1_720_454_295


@pytest.fixture
def issued() -> Issued:
    return issued_with(CLAIMS)


def issued_with(claims: dict[str, Any]) -> Issued:
    return issue(
        claims, open_claims={"vct": "vehicle"}, issuer="VN/GOV/G01/wallet", key=ISSUER, holder=HOLDER,
        issued_at=NOW, expires_at=NOW + 300,
    )  # fmt: skip


def presented(issued: Issued, *names: str, holder: Ed25519PrivateKey = HOLDER) -> str:
    return present(issued, names, holder=holder, now=NOW, **ASKED)


def refused(presentation: str, *, now: float = NOW, keys: Any = None, **different: str) -> str:
    with pytest.raises(PresentationRefused) as raised:
        check(presentation, [public_jwk(ISSUER)] if keys is None else keys, now=now, **{**ASKED, **different})
    assert not presentation or presentation[:40] not in str(raised.value)
    return raised.value.reason


def test_what_was_disclosed_is_there_and_nothing_else(issued: Issued) -> None:
    presentation = presented(issued, "plate", "owner")
    shown = check(presentation, [public_jwk(ISSUER)], now=NOW, **ASKED)
    assert shown.claims == {"vct": "vehicle", "plate": "30A12345", "owner": "Nguyễn Ngọc Tuấn"}
    assert (shown.issuer, shown.expires_at) == ("VN/GOV/G01/wallet", NOW + 300)
    everything = "".join(
        urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")
        for part in presentation.replace(".", "~").split("~")
    )
    assert "30A12345" in everything
    assert "Trắng" not in everything
    assert "colour" not in everything


def test_equal_claims_have_different_digests_each_time() -> None:
    first, second = issued_with(CLAIMS), issued_with(CLAIMS)
    assert not set(first.disclosures.values()) & set(second.disclosures.values())


def test_the_example_of_the_standard_is_read() -> None:
    shown = check(RFC_EXAMPLE, [RFC_KEY], now=RFC_NOW, **RFC_ASKED)
    assert shown.issuer == "https://example.com/issuer"
    assert shown.expires_at == 1_883_000_000
    assert shown.claims["nationalities"] == ["DE"]
    assert shown.claims["age_equal_or_over"] == {"18": True}
    assert "given_name" not in shown.claims


def test_a_disclosure_has_the_digest_of_the_standard() -> None:
    """RFC 9901, section 5.1: the claim given_name."""
    disclosure = "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd"
    assert _digest(disclosure) == "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4"


def test_claims_in_lists_can_be_disclosed_alone() -> None:
    element = base64url(json.dumps(["salt", "DE"]).encode())
    other = "A" * 43
    issued = issued_with({"nationalities": [{"...": _digest(element)}, {"...": other}, "FR"]})
    with_element = Issued(issued.token, {**issued.disclosures, "element": element})
    shown = check(presented(with_element, "nationalities", "element"), [public_jwk(ISSUER)], now=NOW, **ASKED)
    assert shown.claims["nationalities"] == ["DE", "FR"]


def test_every_letter_counts(issued: Issued) -> None:
    presentation = presented(issued, "plate", "owner")
    for place in range(0, len(presentation), 7):
        other = "A" if presentation[place] != "A" else "B"
        tampered = presentation[:place] + other + presentation[place + 1 :]
        assert refused(tampered)


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"audience": "VN/COM/9900000055"}, "AUDIENCE_DIFFERS"),
        ({"nonce": "n-2"}, "NONCE_DIFFERS"),
        ({"now": NOW + 300 + LEEWAY}, "DOCUMENT_EXPIRED"),
        ({"now": NOW - LEEWAY - 1}, "DOCUMENT_NOT_YET_VALID"),
        ({"keys": []}, "ISSUER_UNKNOWN"),
        ({"keys": [public_jwk(HOLDER)]}, "ISSUER_UNKNOWN"),
        ({"keys": [{**public_jwk(HOLDER), "kid": public_jwk(ISSUER)["kid"]}]}, "SIGNATURE_INVALID"),
        ({"keys": [{"kid": public_jwk(ISSUER)["kid"]}]}, "KEY_MALFORMED"),
    ],
)
def test_a_presentation_is_good_for_one_audience_one_nonce_a_short_time_and_one_issuer(
    issued: Issued, different: dict[str, Any], reason: str
) -> None:
    assert refused(presented(issued, "plate"), **different) == reason


def test_an_old_signature_of_the_holder_is_no_longer_good() -> None:
    long = issue(CLAIMS, open_claims={}, issuer="i", key=ISSUER, holder=HOLDER, issued_at=NOW, expires_at=NOW + 10**6)
    presentation = presented(long, "plate")
    assert refused(presentation, now=NOW + FRESH + LEEWAY + 1) == "PRESENTATION_EXPIRED"
    assert check(presentation, [public_jwk(ISSUER)], now=NOW + FRESH, **ASKED).claims == {"plate": "30A12345"}


def test_nobody_but_the_holder_can_present(issued: Issued) -> None:
    assert refused(presented(issued, "plate", holder=Ed25519PrivateKey.generate())) == "SIGNATURE_INVALID"
    unbound = "~".join([issued.token, issued.disclosures["plate"], ""])
    assert refused(unbound) == "KEY_BINDING_MISSING"


def test_disclosures_cannot_be_added_or_taken_away(issued: Issued) -> None:
    token, plate, owner, bound = presented(issued, "plate", "owner").split("~")
    assert refused("~".join([token, plate, bound])) == "DISCLOSURES_DIFFER"
    assert refused("~".join([token, plate, owner, issued.disclosures["colour"], bound])) == "DISCLOSURES_DIFFER"
    foreign = issued_with(CLAIMS).disclosures["colour"]
    assert refused("~".join([token, plate, owner, foreign, bound])) == "DISCLOSURE_UNKNOWN"
    assert refused("~".join([token, plate, plate, owner, bound])) == "PRESENTATION_MALFORMED"


def test_a_key_binding_token_of_another_kind_is_none(issued: Issued) -> None:
    shown = presented(issued, "plate").rpartition("~")[0] + "~"
    said = {"aud": ASKED["audience"], "nonce": ASKED["nonce"], "iat": NOW, "sd_hash": "x"}
    assert refused(shown + jwt.encode(said, HOLDER, algorithm="EdDSA")) == "PRESENTATION_MALFORMED"
    none = jwt.encode(said, "", algorithm="none", headers={"typ": "kb+jwt"})
    assert refused(shown + none) == "SIGNATURE_INVALID"


@pytest.mark.parametrize(
    "presentation", ["", "~", "a~b", "a.b.c~~a.b.c", "ạ~b", "~" * 100, "a" * (LONGEST + 1), "e30.e30.e30~e30.e30.e30"]
)
def test_what_is_no_presentation_is_refused(presentation: str) -> None:
    assert refused(presentation) in {
        "PRESENTATION_MALFORMED",
        "KEY_BINDING_MISSING",
        "ISSUER_UNKNOWN",
        "SIGNATURE_INVALID",
    }


def test_deep_nesting_in_what_nobody_signed_is_not_read(issued: Issued) -> None:
    deep = base64url(("[" * 20_000).encode())
    token, plate, bound = presented(issued, "plate").split("~")
    assert refused("~".join([token, plate, deep, bound])) == "DISCLOSURE_UNKNOWN"


@pytest.mark.parametrize("algorithm", ["md5", 7])
def test_another_digest_algorithm_is_refused(algorithm: object) -> None:
    payload = {"iss": "i", "iat": NOW, "exp": NOW + 9, "_sd_alg": algorithm, "cnf": {"jwk": public_jwk(HOLDER)}}
    token = jwt.encode(payload, ISSUER, algorithm="EdDSA", headers={"kid": public_jwk(ISSUER)["kid"]})
    assert refused(presented(Issued(token, {}))) == "PRESENTATION_MALFORMED"
