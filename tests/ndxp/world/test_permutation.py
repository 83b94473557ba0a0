import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndxp.world import Permutation
from ndxp.world.permutation import Order

radices = st.integers(1, 40)


@given(left=radices, right=radices, key=st.binary(max_size=8), tweaks=st.integers(1, 4), data=st.data())
def test_every_value_of_any_mixed_radix_is_hit_exactly_once_and_comes_back(
    left: int, right: int, key: bytes, tweaks: int, data: st.DataObject
) -> None:
    permutation = Permutation(left, right, key, tweaks=tweaks)
    tweak = data.draw(st.integers(0, tweaks - 1))
    images = [permutation.forward(value, tweak) for value in range(permutation.size)]
    assert sorted(images) == list(range(left * right))
    assert [permutation.inverse(image, tweak) for image in images] == list(range(left * right))


@given(st.integers(0, 10**10 - 1))
def test_a_value_of_a_large_domain_comes_back(value: int) -> None:
    image = LARGE.forward(value)
    assert 0 <= image < LARGE.size
    assert LARGE.inverse(image) == value


LARGE = Permutation(100_000, 100_000, b"large")


def test_keys_and_tweaks_choose_different_permutations() -> None:
    values = range(200)
    one, other = Permutation(20, 10, b"one", tweaks=2), Permutation(20, 10, b"other")
    rows = {
        tuple(map(one.forward, values)),
        tuple(one.forward(value, 1) for value in values),
        tuple(map(other.forward, values)),
        tuple(values),
    }
    assert len(rows) == 4


@given(st.integers(1, 2_000_000))
def test_a_covering_domain_is_hardly_larger_than_asked(count: int) -> None:
    size = Permutation.covering(count, b"").size
    assert count <= size < count + 2 * count**0.5 + 2


@pytest.mark.parametrize(("left", "right", "tweaks"), [(0, 5, 1), (5, 0, 1), (5, 5, 0), (1 << 21, 1, 1)])
def test_an_impossible_domain_is_refused(left: int, right: int, tweaks: int) -> None:
    with pytest.raises(ValueError, match="radices"):
        Permutation(left, right, b"", tweaks=tweaks)


@given(count=st.integers(0, 300), key=st.binary(max_size=8))
def test_an_order_hits_each_of_exactly_so_many_values_once(count: int, key: bytes) -> None:
    order = Order(count, key)
    images = [order.forward(value) for value in range(count)]
    assert sorted(images) == list(range(count))
    assert [order.inverse(image) for image in images] == list(range(count))
