"""The gateway's signed word to an agency."""

import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ndxp.wire import assertion
from ndxp.wire.assertion import (
    ISSUER,
    LEEWAY,
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


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({"exp": -LEEWAY + 1}, True),
        ({"exp": -LEEWAY}, False),
        ({"exp": LIFE + LEEWAY}, True),
        ({"exp": LIFE + LEEWAY + 1}, False),
        ({"iat": LEEWAY}, True),
        ({"iat": LEEWAY + 1}, False),
        ({"nbf": LEEWAY}, True),
        ({"nbf": LEEWAY + 1}, False),
    ],
    ids=str,
)
def test_an_assertion_holds_to_the_second(monkeypatch: pytest.MonkeyPatch, claims: dict[str, int], good: bool) -> None:
    now = 1_800_000_000
    monkeypatch.setattr(time, "time", lambda: float(now))
    assert (
        holds(written(HEADER, {**claims_of(now), **{name: now + seconds for name, seconds in claims.items()}})) == good
    )


HEADER = {"alg": "HS256", "typ": "JWT"}
HOUR = 3600
MISSING = object()


def claims_of(now: int) -> dict[str, Any]:
    return {"iss": ISSUER, "sub": "c", "aud": PROVIDER, "mth": METHOD, "jti": "t-1", "exp": now + 15}


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def written(header: object, claims: object, key: bytes = KEY, digest: str = "sha256") -> str:
    """A JWT, whatever is in it."""
    said = f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(claims).encode())}"
    return f"{said}.{base64url(hmac.digest(key, said.encode(), digest))}"


def read_by_us(text: str) -> Assertion | None:
    try:
        return verifier().verify(text, METHOD)
    except AssertionRefused:
        return None


def holds(text: str) -> bool:
    return read_by_us(text) is not None


def read_by_pyjwt(text: str) -> Assertion | None:
    """What a reader without our own code takes, by the same rules."""
    try:
        claims = jwt.decode(
            text, KEY, algorithms=["HS256"], audience=PROVIDER, issuer=ISSUER, leeway=LEEWAY,
            options={"require": ["sub", "jti", "exp"]},
        )  # fmt: skip
        read = msgspec.convert(claims, Assertion)
    except (jwt.PyJWTError, msgspec.ValidationError):
        return None
    return read if read.method == METHOD and read.expires <= time.time() + LIFE + LEEWAY else None


lines = st.text(max_size=20)


@given(client=lines, transaction=lines, user=lines, purpose=lines, fields=lines, mark=st.binary(min_size=16))
def test_pyjwt_and_we_read_the_same_in_what_the_gateway_signs(
    client: str, transaction: str, user: str, purpose: str, fields: str, mark: bytes
) -> None:
    said = Assertion(client, PROVIDER, METHOD, transaction, user, purpose, "", fields, message_mark(mark))
    text = sign(said, KEY)
    assert read_by_us(text) == read_by_pyjwt(text) == said


times = st.sampled_from([-HOUR, 0, 15, HOUR])
no_time = st.sampled_from([MISSING, None, "soon", [1]])
no_text = st.sampled_from([MISSING, None, 1, "", "another", ["c"], {"a": "b"}])


@settings(max_examples=400)
@given(
    header=st.sampled_from(
        [HEADER] * 40
        + [{"alg": "HS256"}, {"typ": "JWT"}, {}, {"alg": None}, "HS256", [HEADER], None]
        + [{"alg": alg, "typ": "JWT"} for alg in ("none", "HS384", "hs256", "RS256", 256, ["HS256"])]
        + [{**HEADER, "crit": ["exp"]}]
    ),
    other=st.lists(
        st.tuples(st.sampled_from(("iss", "sub", "aud", "mth", "jti", "usr", "prp", "fld", "msg", "new")), no_text)
        | st.tuples(st.sampled_from(("exp", "iat", "nbf")), times | no_time),
        max_size=2,
    ).map(dict),
    key=st.sampled_from([KEY] * 20 + [b"", key_of("another")]),
    digest=st.sampled_from(["sha256"] * 20 + ["sha384", "sha1"]),
)
def test_pyjwt_and_we_take_the_same_tokens(header: object, other: dict[str, Any], key: bytes, digest: str) -> None:
    now = int(time.time())
    changes = {
        name: now + value if isinstance(value, int) and name in ("exp", "iat", "nbf") else value
        for name, value in other.items()
    }
    claims = {name: value for name, value in {**claims_of(now), **changes}.items() if value is not MISSING}
    text = written(header, claims, key, digest)
    assert read_by_us(text) == read_by_pyjwt(text)


@given(at=st.integers(0, 10_000), cut=st.integers(0, 3), put=st.text("AQgw09-_.=+/ *é\ud800", max_size=3))
def test_of_tokens_that_were_tampered_with_we_take_none_that_pyjwt_refuses(at: int, cut: int, put: str) -> None:
    text = written(HEADER, claims_of(int(time.time())))
    at %= len(text) + 1
    tampered = text[:at] + put + text[at + cut :]
    ours = read_by_us(tampered)
    if "\ud800" in tampered:
        assert ours is None  # PyJWT fails at what is no text
        return
    theirs = read_by_pyjwt(tampered)
    signature = tampered.rpartition(".")[2]
    if theirs is None or base64url(urlsafe_b64decode(signature + "==")) == signature:
        assert ours == theirs
    else:
        assert ours is None  # the same signature in another form


def test_a_header_that_says_more_than_algorithm_and_type_is_refused() -> None:
    claims = claims_of(int(time.time()))
    assert holds(written(HEADER, claims))
    assert not holds(written({**HEADER, "b64": True}, claims))
