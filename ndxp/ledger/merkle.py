"""The Merkle tree of RFC 9162 for a verifier: hashes, roots, and the check of proofs."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ndxp.language import _

EMPTY_ROOT = sha256(b"").digest()
"""Root of a tree without leaves (RFC 9162, 2.1.1)."""


class ProofRefused(Exception):
    """A proof does not prove what it should; the text says how."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The hash over a subtree of 2^k hashes, k >= 0."""
    level = hashes
    while len(level) > 1:
        level = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level), 2)]
    return level[0]


class Frontier:
    """The right edge of a growing tree, which is enough to add hashes and compute the root; O(log n) in memory.

    ``height`` is that of the subtrees whose hashes are added: 0 for leaves.
    """

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, added: bytes, height: int = 0) -> None:
        """Adds a subtree of 2^height leaves; ``size`` must be a multiple of that."""
        if self.size % (1 << height):
            raise ValueError(f"a subtree of {1 << height} leaves cannot stand at {self.size}")
        self.size += 1 << height
        while self._peaks and self._peaks[-1][0] == height:
            added = node_hash(self._peaks.pop()[1], added)
            height += 1
        self._peaks.append((height, added))

    def copy(self) -> "Frontier":
        """A copy of this edge that grows independently."""
        twin = Frontier()
        twin.size, twin._peaks = self.size, list(self._peaks)
        return twin

    def root(self) -> bytes:
        """The root over everything added so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1][1]
        for _height, peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


@dataclass(frozen=True, slots=True)
class Rise:
    """A step of an inclusion proof towards the root: the sibling, on which side it is, and the hash over both."""

    sibling: bytes
    on_the_left: bool
    parent: bytes


def rises(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> list[Rise]:
    """The steps from a leaf hash at ``index`` of a tree of ``size`` leaves to its root (RFC 9162, 2.1.3.2).

    Raises ProofRefused for a proof of another length.
    """
    if not 0 <= index < size:
        raise ProofRefused(_("place {index} is not in a tree of {size}", index=index, size=size))
    position, last, found = index, size - 1, leaf
    steps = []
    for sibling in proof:
        if not last:
            raise ProofRefused(_("the proof is too long"))
        on_the_left = bool(position & 1) or position == last
        found = node_hash(sibling, found) if on_the_left else node_hash(found, sibling)
        steps.append(Rise(sibling, on_the_left, found))
        if on_the_left:
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        position >>= 1
        last >>= 1
    if last:
        raise ProofRefused(_("the proof is too short"))
    return steps


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Checks that the leaf hash is at ``index`` of the tree with this size and root (RFC 9162, 2.1.3.2).

    Raises ProofRefused.
    """
    steps = rises(leaf, index, size, proof)
    if (steps[-1].parent if steps else leaf) != root:
        raise ProofRefused(_("the proof leads to another root than the checkpoint's"))


def check_consistency(  # noqa: C901 - the steps of the RFC, in their order
    old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Checks that the newer tree only adds leaves to the older one (RFC 9162, 2.1.4.2). Raises ProofRefused."""
    if not 0 <= old_size <= new_size:
        raise ProofRefused(_("a tree of {new} cannot have grown from one of {old}", new=new_size, old=old_size))
    if old_size in (0, new_size):
        if proof:
            raise ProofRefused(_("the proof is too long"))
        if old_root != (new_root if old_size else EMPTY_ROOT):
            raise ProofRefused(_("two different roots for a tree of {size}", size=old_size))
        return
    steps = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not steps:
        raise ProofRefused(_("the proof is too short"))
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = steps[0]
    for step in steps[1:]:
        if not last:
            raise ProofRefused(_("the proof is too long"))
        if position & 1 or position == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        position >>= 1
        last >>= 1
    if last:
        raise ProofRefused(_("the proof is too short"))
    if old != old_root:
        raise ProofRefused(
            _("the proof does not lead to the older checkpoint's root: the ledger was rewritten before it")
        )
    if new != new_root:
        raise ProofRefused(_("the proof does not lead to the newer checkpoint's root"))
