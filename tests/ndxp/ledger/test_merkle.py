"""The tree of RFC 9162: the roots that its implementations publish, and proofs held against a naive second opinion."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.tree import WIDTH, Place, TileMissing, Tree
from ndxp.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofRefused,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
)

# Leaves and roots of the reference tests of Certificate Transparency (transparency-dev/merkle, "testonly").
PUBLISHED_LEAVES = [
    bytes.fromhex(one)
    for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
PUBLISHED_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)

LEAVES = [leaf_hash(str(number).encode()) for number in range(2 * WIDTH + 40)]
SIZES = st.integers(0, len(LEAVES))


def naive_root(hashes: list[bytes]) -> bytes:
    """The definition, word for word (RFC 9162, 2.1.1)."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while 2 * split < len(hashes):
        split *= 2
    return node_hash(naive_root(hashes[:split]), naive_root(hashes[split:]))


def grown(tiles: dict[Place, bytes], batches: list[int]) -> Tree:
    tree = Tree(0, tiles.__getitem__)
    for count in batches:
        tree = Tree(tree.size, tiles.__getitem__)
        tiles.update(tree.append(LEAVES[tree.size : tree.size + count]))
    return tree


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_come_out(size: int) -> None:
    leaves = [leaf_hash(leaf) for leaf in PUBLISHED_LEAVES[:size]]
    frontier, tiles = Frontier(), dict[Place, bytes]()
    for leaf in leaves:
        frontier.add(leaf)
    tree = Tree(0, tiles.__getitem__)
    tree.append(leaves)
    assert frontier.root().hex() == tree.root().hex() == naive_root(leaves).hex() == PUBLISHED_ROOTS[size]


@given(batches=st.lists(st.integers(1, 300), max_size=6))
def test_a_tree_has_the_same_root_in_whatever_batches_it_grew(batches: list[int]) -> None:
    tiles: dict[Place, bytes] = {}
    tree = grown(tiles, batches)
    assert tree.root() == naive_root(LEAVES[: tree.size])
    assert all(len(tile) <= WIDTH * 32 for tile in tiles.values())


@pytest.fixture(scope="module")
def tiles() -> dict[Place, bytes]:
    made: dict[Place, bytes] = {}
    grown(made, [len(LEAVES)])
    return made


@given(index=SIZES, size=SIZES)
def test_every_inclusion_proof_holds(tiles: dict[Place, bytes], index: int, size: int) -> None:
    tree = Tree(len(LEAVES), tiles.__getitem__)
    if index >= size:
        with pytest.raises(ValueError, match="no leaf"):
            tree.inclusion(index, size)
        return
    proof = tree.inclusion(index, size)
    root = naive_root(LEAVES[:size])
    check_inclusion(LEAVES[index], index, size, proof, root)
    for wrong in (
        (LEAVES[(index + 1) % len(LEAVES)], index, size, proof, root),
        (LEAVES[index], index, size, [*proof, root], root),
        (LEAVES[index], index, size, proof, EMPTY_ROOT),
        (LEAVES[index], size, size, proof, root),
        *([(LEAVES[index], index, size, proof[:-1], root)] if proof else []),
        *([(LEAVES[index], index ^ 1, size, proof, root)] if proof and index ^ 1 < size else []),
    ):
        with pytest.raises(ProofRefused):
            check_inclusion(*wrong)


@given(old=SIZES, new=SIZES)
def test_every_consistency_proof_holds(tiles: dict[Place, bytes], old: int, new: int) -> None:
    tree = Tree(len(LEAVES), tiles.__getitem__)
    if old > new:
        with pytest.raises(ValueError, match="not grown"):
            tree.consistency(old, new)
        return
    proof, roots = tree.consistency(old, new), (naive_root(LEAVES[:old]), naive_root(LEAVES[:new]))
    check_consistency(old, new, proof, *roots)
    wrong = [(old, new, [*proof, EMPTY_ROOT], *roots)]
    if old:
        wrong += [(old, new, proof, leaf_hash(b"another"), roots[1])]
        wrong += [(old, new, proof, roots[0], leaf_hash(b"another"))]
    if proof:
        wrong += [(old, new, proof[:-1], *roots), (old, new, [leaf_hash(b"x"), *proof[1:]], *roots)]
    for arguments in wrong:
        with pytest.raises(ProofRefused):
            check_consistency(*arguments)


@pytest.mark.parametrize("old", [-1, 9])
def test_a_tree_cannot_shrink(old: int) -> None:
    with pytest.raises(ProofRefused):
        check_consistency(old, 8, [], EMPTY_ROOT, EMPTY_ROOT)


def test_a_tile_that_is_cut_short_gives_no_root(tiles: dict[Place, bytes]) -> None:
    cut = {**tiles, (0, 1): tiles[0, 1][:-32]}
    tree = Tree(len(LEAVES), cut.__getitem__)
    assert tree.root(2 * WIDTH - 1) == naive_root(LEAVES[: 2 * WIDTH - 1])
    with pytest.raises(TileMissing):
        tree.inclusion(WIDTH, 2 * WIDTH)


def test_a_subtree_stands_only_where_it_is_whole() -> None:
    frontier = Frontier()
    frontier.add(LEAVES[0])
    with pytest.raises(ValueError, match="cannot stand"):
        frontier.add(LEAVES[1], height=1)
