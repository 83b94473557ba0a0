"""The gateway's signed word to an agency."""

import time
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.keys import public_jwk
from ndxp.assertion import ISSUER, Assertion, AssertionRefused, Signer, Verifier

METHOD = "ndxp.population.v1.PopulationService/VerifyCitizen"
PROVIDER = "VN/GOV/G01/population"
KEY = Ed25519PrivateKey.generate()
JWK = public_jwk(KEY)
SAID = Assertion("VN/GOV/H26/one-stop", PROVIDER, METHOD, "t-1", "officer-7", "check", "00-0-0-01")


class Keys:
    """The exchange's JWKS, and how often it was asked."""

    def __init__(self, *jwks: dict[str, str]) -> None:
        self.jwks = jwks
        self.asked = 0

    async def __call__(self) -> Mapping[str, Any]:
        self.asked += 1
        return {"keys": list(self.jwks)}


def signed(**claims: object) -> str:
    now = int(time.time())
    good = {"iss": ISSUER, "sub": "c", "aud": PROVIDER, "jti": "t", "mth": METHOD, "iat": now, "exp": now + 30}
    kept = {key: value for key, value in {**good, **claims}.items() if value is not None}
    return jwt.encode(kept, KEY, algorithm="EdDSA", headers={"kid": JWK["kid"]})


async def test_what_the_gateway_says_reads_back() -> None:
    text = Signer(KEY, JWK["kid"]).sign(SAID)
    assert await Verifier(PROVIDER, Keys(JWK)).verify(text, METHOD) == SAID


async def test_an_assertion_for_another_method_is_refused() -> None:
    text = Signer(KEY, JWK["kid"]).sign(SAID)
    with pytest.raises(AssertionRefused, match="another method"):
        await Verifier(PROVIDER, Keys(JWK)).verify(text, METHOD + "2")


async def test_an_assertion_for_another_provider_is_refused() -> None:
    text = Signer(KEY, JWK["kid"]).sign(SAID)
    with pytest.raises(AssertionRefused, match="[Aa]udience"):
        await Verifier("VN/GOV/G01/passports", Keys(JWK)).verify(text, METHOD)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 60},
        {"iss": "somebody else"},
        {"sub": None},
        {"jti": None},
        {"exp": None},
        {"mth": None},
        {"aud": None},
        {"iat": int(time.time()) + 3600},
    ],
    ids=str,
)
async def test_an_assertion_that_is_expired_or_incomplete_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(AssertionRefused):
        await Verifier(PROVIDER, Keys(JWK)).verify(signed(**claims), METHOD)


async def test_the_signed_claims_of_these_tests_are_good_without_the_change() -> None:
    assert (await Verifier(PROVIDER, Keys(JWK)).verify(signed(), METHOD)).client == "c"


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.e30", "ey" * 5000])
async def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(AssertionRefused):
        await Verifier(PROVIDER, Keys(JWK)).verify(text, METHOD)


async def test_a_key_that_is_not_published_is_refused() -> None:
    text = Signer(Ed25519PrivateKey.generate(), "other").sign(SAID)
    with pytest.raises(AssertionRefused, match="does not publish"):
        await Verifier(PROVIDER, Keys(JWK)).verify(text, METHOD)


async def test_a_stolen_key_id_does_not_help() -> None:
    text = Signer(Ed25519PrivateKey.generate(), JWK["kid"]).sign(SAID)
    with pytest.raises(AssertionRefused, match="[Ss]ignature"):
        await Verifier(PROVIDER, Keys(JWK)).verify(text, METHOD)


async def test_an_unsigned_assertion_is_refused() -> None:
    text = jwt.encode({"sub": "c", "aud": PROVIDER}, None, algorithm="none", headers={"kid": JWK["kid"]})
    with pytest.raises(AssertionRefused):
        await Verifier(PROVIDER, Keys(JWK)).verify(text, METHOD)


async def test_the_keys_are_fetched_once_for_many_calls() -> None:
    keys = Keys(JWK)
    verifier = Verifier(PROVIDER, keys)
    for _ in range(5):
        await verifier.verify(signed(), METHOD)
    assert keys.asked == 1


async def test_unknown_keys_do_not_make_the_agency_ask_for_every_call() -> None:
    keys = Keys(JWK)
    verifier = Verifier(PROVIDER, keys)
    for number in range(5):
        with pytest.raises(AssertionRefused):
            await verifier.verify(Signer(KEY, f"unknown-{number}").sign(SAID), METHOD)
    assert keys.asked <= 2
