"""Pages of a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.agency.paging import page_limit, page_start
from ndxp.errors import AgencyError


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
