"""Pages of a list."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.agency.caller import set_caller
from ndxp.agency.paging import Places, page_limit, page_start
from ndxp.errors import AgencyError
from ndxp.wire.assertion import Assertion


@pytest.mark.parametrize(("asked", "given_"), [(0, 50), (1, 1), (500, 500), (501, 500), (10**9, 500)])
def test_a_page_is_as_long_as_asked_up_to_a_limit(asked: int, given_: int) -> None:
    assert page_limit(asked) == given_


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(AgencyError, match="negative"):
        page_limit(-1)


@given(place=st.integers(0, 10**18 - 1))
def test_a_token_leads_to_its_place(place: int) -> None:
    assert page_start(str(place)) == place


def test_no_token_leads_to_the_first_page() -> None:
    assert page_start("") == 0


@pytest.mark.parametrize("token", ["x", "-1", "1.0", "１", "9" * 19, " 1", "1\n"])
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(AgencyError, match="next_page_token") as refused:
        page_start(token)
    assert refused.value.field == "page_token"


@pytest.fixture
def calls() -> Callable[..., None]:
    """Makes a call the one under way."""

    def calls(client: str = "VN/GOV/H26/one-stop", method: str = "a.S/List") -> None:
        set_caller(Assertion(client, "VN/GOV/G01/x", method, "t"), None)

    return calls


@given(place=st.integers(0, 2**63 - 1), about=st.lists(st.text(max_size=20), max_size=3))
def test_a_sealed_token_leads_its_caller_to_its_place_each_time(place: int, about: list[str]) -> None:
    set_caller(Assertion("c", "p", "m", "t"), None)
    places = Places(b"k" * 32)
    token = places.token(place, *about)
    assert (places.place(token, *about), places.start(token, *about)) == (place, place)
    assert Places(b"k" * 32).token(place, *about) == token
    assert places.place(token, *about, "another") is None


def test_a_sealed_token_is_good_for_its_caller_method_and_list_only(calls: Callable[..., None]) -> None:
    places = Places(Places.new_key())
    calls()
    token = places.token(7, "001")
    assert (places.place(token, "001"), places.place("", "001")) == (7, 0)
    assert places.place(token, "002") is places.place(token) is Places(Places.new_key()).place(token, "001") is None
    calls(client="VN/GOV/H29/one-stop")
    assert places.place(token, "001") is None
    calls(method="a.S/ListMore")
    assert places.place(token, "001") is None


@pytest.mark.parametrize("token", ["7", "x", "đ", "A" * 32, "=" * 32, " ", "A" * 10_000])
def test_what_is_no_sealed_token_is_refused_as_a_number_is(calls: Callable[..., None], token: str) -> None:
    calls()
    with pytest.raises(AgencyError, match="next_page_token") as refused:
        Places(Places.new_key()).start(token)
    assert (refused.value.reason, refused.value.field) == ("PAGE_TOKEN_INVALID", "page_token")
