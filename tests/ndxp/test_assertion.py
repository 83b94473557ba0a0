"""The gateway's signed word to an agency."""

import time

import jwt
import pytest
from msgspec.structs import replace

from ndxp import assertion
from ndxp.assertion import (
    ISSUER,
    LIFE,
    Assertion,
    AssertionRefused,
    KeyUnavailable,
    Verifier,
    key_of,
    message_mark,
    sign,
)

METHOD = "ndxp.population.v1.PopulationService/VerifyCitizen"
PROVIDER = "VN/GOV/G01/population"
YEAR_2000, YEAR_2100 = 946_684_800, 4_102_444_800
KEY = key_of("the population database's secret")


@pytest.fixture
def word() -> Assertion:
    """What the gateway says of a call that begins now."""
    return Assertion(
        "VN/GOV/H26/one-stop",
        PROVIDER,
        METHOD,
        "t-1",
        "officer-7",
        "kiểm tra",
        "00-0-0-01",
        "a.b,c",
        message_mark(b"x" * 32),
    )


def verifier(provider: str = PROVIDER, key: bytes = KEY) -> Verifier:
    return Verifier(provider, lambda: key)


def signed(**claims: object) -> str:
    now = int(time.time())
    good = {"iss": ISSUER, "sub": "c", "aud": PROVIDER, "jti": "t", "mth": METHOD, "iat": now, "exp": now + 30}
    kept = {key: value for key, value in {**good, **claims}.items() if value is not None}
    return jwt.encode(kept, KEY, algorithm="HS256")


def test_what_the_gateway_says_reads_back(word: Assertion) -> None:
    assert verifier().verify(sign(word, KEY), METHOD) == word


def test_what_the_gateway_signs_is_a_jwt_that_any_library_reads(word: Assertion) -> None:
    claims = jwt.decode(sign(word, KEY), KEY, algorithms=["HS256"], audience=PROVIDER, issuer=ISSUER)
    assert (claims["sub"], claims["jti"], claims["prp"]) == (word.client, word.transaction_id, word.purpose)


def test_what_the_caller_left_out_takes_no_room() -> None:
    said = Assertion("VN/GOV/H26/one-stop", PROVIDER, METHOD, "t-1")
    claims = jwt.decode(sign(said, KEY), KEY, algorithms=["HS256"], audience=PROVIDER)
    assert claims.keys() == {"iss", "sub", "aud", "jti", "mth", "exp"}
    assert verifier().verify(sign(said, KEY), METHOD) == said


def test_an_assertion_for_another_method_is_refused(word: Assertion) -> None:
    with pytest.raises(AssertionRefused, match="another method"):
        verifier().verify(sign(word, KEY), METHOD + "2")


def test_an_assertion_for_another_provider_is_refused(word: Assertion) -> None:
    with pytest.raises(AssertionRefused, match="[Aa]udience"):
        verifier("VN/GOV/G01/passports").verify(sign(word, KEY), METHOD)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": YEAR_2000},
        {"iss": "somebody else"},
        {"sub": None},
        {"jti": None},
        {"exp": None},
        {"mth": None},
        {"aud": None},
        {"iat": YEAR_2100},
    ],
    ids=str,
)
def test_an_assertion_that_is_expired_or_incomplete_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(AssertionRefused):
        verifier().verify(signed(**claims), METHOD)


def test_the_signed_claims_of_these_tests_are_good_without_the_change() -> None:
    assert verifier().verify(signed(), METHOD).client == "c"


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.e30", "ey" * 5000])
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(AssertionRefused):
        verifier().verify(text, METHOD)


def test_the_key_of_another_agency_does_not_help(word: Assertion) -> None:
    with pytest.raises(AssertionRefused, match="[Ss]ignature"):
        verifier().verify(sign(word, key_of("the passport agency's secret")), METHOD)


def test_an_unsigned_assertion_is_refused() -> None:
    with pytest.raises(AssertionRefused):
        verifier().verify(jwt.encode({"sub": "c", "aud": PROVIDER}, "", algorithm="none"), METHOD)


def test_a_secret_that_was_changed_is_read_again(word: Assertion) -> None:
    keys = iter([key_of("old"), KEY])
    agency = Verifier(PROVIDER, lambda: next(keys))
    assert agency.verify(sign(word, key_of("old")), METHOD) == word
    again = replace(word, transaction_id="t-2")
    assert agency.verify(sign(again, KEY), METHOD) == again


def test_an_assertion_is_good_once(word: Assertion) -> None:
    agency, said = verifier(), sign(word, KEY)
    agency.verify(said, METHOD)
    for presented in (said, sign(word, KEY)):
        with pytest.raises(AssertionRefused, match="presented before"):
            agency.verify(presented, METHOD)
    assert agency.verify(sign(replace(word, transaction_id="t-2"), KEY), METHOD)


def test_an_assertion_that_does_not_hold_uses_nothing_up(word: Assertion) -> None:
    agency = verifier()
    for presented, method in ((sign(word, key_of("other")), METHOD), (sign(word, KEY), METHOD + "2")):
        with pytest.raises(AssertionRefused):
            agency.verify(presented, method)
    assert agency.verify(sign(word, KEY), METHOD) == word


def test_an_assertion_is_refused_until_it_has_expired_and_remembered_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    presented, start = assertion._Presented(), time.time()
    assert presented.add("t-1", start)
    for seconds in (1, LIFE, LIFE + 9, LIFE + 11):
        presented.add(f"at {seconds}", start + seconds)
        assert not presented.add("t-1", start + seconds)
    assert presented.add("later", start + 3 * LIFE)
    assert presented.add("t-1", start + 3 * LIFE)


def test_what_was_presented_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assertion, "MOST_PRESENTED", 10)
    presented, start = assertion._Presented(), time.time()
    for number in range(100):
        assert presented.add(str(number), start)
        assert len(presented._newer) + len(presented._older) <= 20
    assert not any(presented.add(str(number), start) for number in range(90, 100))


def test_an_assertion_that_lives_too_long_is_refused() -> None:
    with pytest.raises(AssertionRefused, match="lives longer than 30 s"):
        verifier().verify(signed(exp=int(time.time()) + 3600), METHOD)


def test_a_secret_that_cannot_be_read_is_no_refusal(word: Assertion) -> None:
    def unreadable() -> bytes:
        raise KeyUnavailable("no file")

    with pytest.raises(KeyUnavailable):
        Verifier(PROVIDER, unreadable).verify(sign(word, KEY), METHOD)
