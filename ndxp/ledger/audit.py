"""The audit of a whole ledger by an auditor who trusts only a public key: which record is wrong, and how."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ndxp.language import _
from ndxp.ledger.checkpoint import Checkpoint, Key, Loss, NoteRefused, Retention
from ndxp.ledger.merkle import Frontier, leaf_hash, perfect_root
from ndxp.plural import count

WIDTH, _HASH, _BITS = 256, 32, 8
_PAGE = 5000
_MOST = 10_000
"""After so many findings the audit stops reading records."""


class Source(Protocol):
    """Where an audit reads: the admin API's routes below ``/ledger``."""

    def state(self) -> dict[str, Any]:
        """Latest and published checkpoint, size of the tree, first row kept, its statement, rows outside the tree.

        Also ``losses``, the signed statements of losses, and ``damage``, which prevents reading anything else. Older
        exchanges do not have these two.
        """

    def checkpoints(self, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Sizes and signed checkpoints of more than ``after`` records."""

    def records(self, after: int, limit: int) -> bytes:
        """Lines of place, space and canonical record."""

    def tile(self, level: int, number: int) -> bytes:
        """A tile's hashes."""

    def derived(self, mark: str) -> dict[str, Any]:
        """One part of the check of derived data, from a mark on, "" for the first.

        ``findings`` with their places, what was ``unchecked``, and the ``next`` mark, "" at the end.
        """


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong; ``place`` is that of the first wrong record, 0 when it is about the whole ledger."""

    place: int
    text: str


@dataclass(slots=True)
class Audited:
    """The result of an audit. ``checkpoint`` is the signed note that it used, empty when there is none.

    ``losses`` are not findings: signed statements that the ledger is shorter than what was signed; the reader decides
    whether to believe them. ``unchecked`` is what this audit could not check.
    """

    checkpoint: str = ""
    size: int = 0
    first: int = 1
    checkpoints: int = 0
    losses: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def note(self, place: int, text: str, /, **values: object) -> None:
        """Adds a finding, in the language in use."""
        if len(self.findings) < _MOST:
            self.findings.append(Finding(place, _(text, **values)))


@dataclass(slots=True)
class _Mismatch:
    place: int
    transaction: str
    computed: bytes
    stored: bytes


class Audit:
    """Reads everything once, in order. ``remembered`` are signed checkpoints that were kept elsewhere."""

    def __init__(self, source: Source, keys: Sequence[Key], remembered: Iterable[str] = ()) -> None:
        self._source = source
        self._keys = keys
        self._remembered = list(remembered)
        self._audited = Audited()
        self._mismatches: list[_Mismatch] = []
        self._missing: list[tuple[int, int]] = []
        self._kept: list[Checkpoint] = []
        self._losses: list[Loss] = []
        self._doubted = False
        self._stored, self._computed = Frontier(), Frontier()
        self._tree_is_signed = self._rows_are_signed = True
        self._uppers: list[list[tuple[bytes, bytes]]] = [[] for _ in range(7)]

    def run(self, progress: Callable[[int, int], None] = lambda _done, _all: None, *, derived: bool = True) -> Audited:
        """Audits; ``progress`` gets the number of records read and of all. Errors of the source pass through.

        Without ``derived`` it checks rows and tree only.
        """
        found = self._audited
        state = self._source.state()
        for text in state.get("damage", ()):
            found.note(0, text)
        if found.findings:
            return found
        self._audit_tree(state, progress)
        if derived and found.findings:  # a wrong record would be found again in the data derived from it
            found.unchecked.append(_("indexes, the index of subjects and statistics, as the records do not hold"))
        elif derived:
            self._check_derived()
        return found

    def _audit_tree(self, state: dict[str, Any], progress: Callable[[int, int], None]) -> None:
        found = self._audited
        found.checkpoint = state["checkpoint"]
        for place in state["outside"]:
            found.note(
                place,
                "record {place} is in the table and not in the tree: it was inserted, or the tree cut",
                place=place,
            )
        self._take_losses(state)
        checkpoint = self._latest(state)
        if checkpoint is None:
            return
        if state["size"] < checkpoint.size:
            found.note(
                state["size"] + 1,
                "the tree was cut to {left}, {signed} are signed",
                left=count(state["size"], "record"),
                signed=checkpoint.size,
            )
        found.size = checkpoint.size
        self._take_first(state)
        signed = self._signed(checkpoint)
        due = next(signed, None)
        records = _Records(self._source, found.first)
        last_good = 0
        for number in range((checkpoint.size + WIDTH - 1) // WIDTH):
            start, end = number * WIDTH, min((number + 1) * WIDTH, checkpoint.size)
            stored = self._tile(number, end - start)
            computed = self._compare(records, stored, start)
            while due is not None and due.size <= end:
                self._hold_against(due, last_good, stored, computed, due.size - start)
                last_good, due = due.size, next(signed, None)
            self._advance(number, stored, computed, end - start)
            progress(end, checkpoint.size)
        self._check_uppers()
        self._explain()

    def _check_derived(self) -> None:
        """Checks derived data: the source computes it again, in parts."""
        mark, seen = "", set[str]()
        while mark not in seen:
            seen.add(mark)
            part = self._source.derived(mark)
            for place, text in part["findings"]:
                self._audited.note(place, text)
            self._audited.unchecked += part["unchecked"]
            mark = part["next"]
            if not mark:
                return

    def _latest(self, state: dict[str, Any]) -> Checkpoint | None:
        """The checkpoint to use: the ledger's latest; those that store and auditor remember must not be newer."""
        found = self._audited
        if state["published"]:
            self._remember_published(state["published"])
        for note in self._remembered:
            remembered = Checkpoint.open(note, self._keys)
            if not any(loss.covers(remembered) for loss in self._losses):  # else other records took its places
                self._kept.append(remembered)
        try:
            checkpoint = Checkpoint.open(state["checkpoint"], self._keys) if state["checkpoint"] else None
        except NoteRefused as error:
            found.note(0, "the latest checkpoint does not hold: {error}", error=error)
            return None
        size, known = checkpoint.size if checkpoint else 0, max((one.size for one in self._kept), default=0)
        if size < known:
            found.note(
                size + 1,
                "the ledger was rolled back: its last checkpoint covers {left}, and one over {known} was signed; "
                "records {first} to {known} are gone",
                left=count(size, "record"),
                known=known,
                first=size + 1,
            )
        elif checkpoint is None and state["size"]:
            held = count(state["size"], "record")
            found.note(1, "no checkpoint is there, and the tree holds {held}", held=held)
        self._count_losses(checkpoint)
        return checkpoint

    def _count_losses(self, latest: Checkpoint | None) -> None:
        """The signed checkpoints say how many losses were stated: no statement may be missing."""
        known = max((one.losses for one in (latest, *self._kept) if one), default=0)
        shown = max((loss.number for loss in self._losses), default=0)
        if shown < known:
            self._audited.note(
                0,
                "{known} losses of records were stated, and loss {next} is not shown any more",
                known=known,
                next=shown + 1,
            )

    def _remember_published(self, note: str) -> None:
        try:
            published = Checkpoint.open(note, self._keys)
            if not any(loss.accepts(published) for loss in self._losses):
                self._kept.append(published)
        except NoteRefused as error:
            self._audited.note(0, "the checkpoint that the store remembers does not hold: {error}", error=error)

    def _take_losses(self, state: dict[str, Any]) -> None:
        for note in state.get("losses", ()):
            try:
                loss = Loss.open(note, self._keys)
            except NoteRefused as error:
                self._audited.note(0, "a statement of a loss does not hold: {error}", error=error)
                continue
            self._losses.append(loss)
            self._audited.losses.append(loss.sentence)

    def _take_first(self, state: dict[str, Any]) -> None:
        """Reads from a signed statement which row must be the first one."""
        first = int(state["first"])
        if first <= self._audited.first:
            return
        try:
            stated = Retention.open(state["retention"], self._keys).first
        except NoteRefused:
            stated = 0
        if stated == first:
            self._audited.first = first
        elif not self._doubted:
            self._doubted = True
            self._audited.note(
                1, "records 1 to {last} are said to be removed, and no signed statement says so", last=first - 1
            )

    def _signed(self, latest: Checkpoint) -> Iterator[Checkpoint]:
        """All signed checkpoints up to the latest, and the remembered ones, by size."""
        waiting = sorted((one for one in self._kept if one.size <= latest.size), key=lambda one: one.size)
        after, before = 0, Checkpoint("", 0, b"")
        broken = False
        while (page := self._source.checkpoints(after, 1000)) and after < latest.size:
            for after, note in page:
                if after > latest.size:
                    break
                while waiting and waiting[0].size <= after:
                    yield waiting.pop(0)
                try:
                    one = Checkpoint.open(note, self._keys)
                except NoteRefused as error:
                    over = count(after, "record")
                    self._audited.note(
                        after, "the checkpoint over {over} does not hold: {error}", over=over, error=error
                    )
                    broken = True
                    continue
                if one.size != after:
                    over = count(after, "record")
                    self._audited.note(after, "the checkpoint over {over} was put in place of another", over=over)
                    broken = True
                    continue
                self._audited.checkpoints += 1
                if one.number > before.number + 1 and not broken:
                    self._audited.note(
                        before.size + 1,
                        "{removed} before the one over {over} were removed",
                        removed=count(one.number - before.number - 1, "signed checkpoint"),
                        over=count(after, "record"),
                    )
                before, broken = one, False
                yield one
        yield from waiting

    def _tile(self, number: int, count: int) -> list[bytes]:
        data = self._whole(0, number, self._source.tile(0, number), count)
        hashes = [data[i : i + _HASH] for i in range(0, min(len(data), count * _HASH), _HASH)]
        if len(hashes) < count:
            first = number * WIDTH + len(hashes) + 1
            last = number * WIDTH + count
            self._audited.note(
                first, "the tree's hashes of records {first} to {last} are missing", first=first, last=last
            )
            hashes += [b"\x00" * _HASH] * (count - len(hashes))
        return hashes

    def _whole(self, level: int, number: int, data: bytes, count: int) -> bytes:
        """A tile's hashes, of which ``count`` are signed; further ones must belong to records that came later."""
        if len(data) > count * _HASH:
            size = int(self._source.state()["size"])
            most = min(WIDTH, (size >> (_BITS * level)) - number * WIDTH) * _HASH
            if len(data) > most:
                first = ((number * WIDTH) << (_BITS * level)) + 1
                self._audited.note(
                    first,
                    "tile {number} of level {level} of the tree has {more} bytes too many",
                    number=number,
                    level=level,
                    more=len(data) - most,
                )
        return data

    def _compare(self, records: "_Records", stored: list[bytes], start: int) -> list[bytes]:
        """The hashes of a tile, computed from the records; for removed rows the stored hashes."""
        computed = list(stored)
        for offset, expected in enumerate(stored):
            place = start + offset + 1
            if place < self._audited.first:
                continue
            record = records.at(place)
            if record is None:
                if not self._removed_meanwhile(place):
                    self._miss(place)
                continue
            leaf = leaf_hash(record)
            if leaf != expected:
                computed[offset] = leaf
                if len(self._mismatches) < _MOST:
                    self._mismatches.append(_Mismatch(place, _transaction(record), leaf, expected))
        return computed

    def _removed_meanwhile(self, place: int) -> bool:
        """Whether a missing row was removed by retention since the audit began; not checked for every gap."""
        if len(self._missing) < _MOST and (not self._missing or self._missing[-1][1] != place - 1):
            self._take_first(self._source.state())
        return place < self._audited.first

    def _miss(self, place: int) -> None:
        if self._missing and self._missing[-1][1] == place - 1:
            self._missing[-1] = (self._missing[-1][0], place)
        else:
            self._missing.append((place, place))

    def _hold_against(
        self, checkpoint: Checkpoint, last_good: int, stored: list[bytes], computed: list[bytes], count: int
    ) -> None:
        """Compares a signed root with the roots of tree and rows, of which ``count`` are in this tile."""
        if not self._tree_is_signed or _root(self._stored, stored[:count]) == checkpoint.root:
            return
        self._tree_is_signed = False
        self._rows_are_signed = _root(self._computed, computed[:count]) == checkpoint.root
        if not self._rows_are_signed:
            self._audited.note(
                last_good + 1,
                "records {first} to {last} are not those that were signed: the tree was changed after the "
                "checkpoint over {last} records",
                first=last_good + 1,
                last=checkpoint.size,
            )

    def _advance(self, number: int, stored: list[bytes], computed: list[bytes], count: int) -> None:
        if count < WIDTH:
            return
        root = perfect_root(stored)
        own = root if computed == stored else perfect_root(computed)
        self._stored.add(root, _BITS)
        self._computed.add(own, _BITS)
        for level, upper in enumerate(self._uppers, 1):
            upper.append((root, own))
            if len(upper) < WIDTH:
                return
            number //= WIDTH
            self._check_upper(level, number)
            root, own = (perfect_root([pair[side] for pair in upper]) for side in (0, 1))
            upper.clear()

    def _check_uppers(self) -> None:
        for level, upper in enumerate(self._uppers, 1):
            if upper:
                self._check_upper(level, self._audited.size >> (_BITS * (level + 1)))

    def _check_upper(self, level: int, number: int) -> None:
        """Each hash of the tile must be that of the tile below it, or of the rows there if those are right."""
        data = self._whole(level, number, self._source.tile(level, number), len(self._uppers[level - 1]))
        for place, pair in enumerate(self._uppers[level - 1]):
            if data[place * _HASH : (place + 1) * _HASH] not in pair:
                first = (((number << _BITS) + place) << (_BITS * level)) + 1
                self._audited.note(
                    first,
                    "hash {place} of tile {number} of level {level} of the tree was changed",
                    place=place,
                    number=number,
                    level=level,
                )

    def _explain(self) -> None:
        """Says for each record that differs from the tree: changed, moved, or the tree's hash is wrong."""
        for first, last in self._missing:
            if first == last:
                self._audited.note(first, "record {first} is missing: deleted", first=first)
            else:
                self._audited.note(first, "records {first} to {last} are missing: deleted", first=first, last=last)
        by_stored = {one.stored: one.place for one in self._mismatches}
        for one in self._mismatches:
            record = _("record {place} (transaction {transaction})", place=one.place, transaction=one.transaction)
            if self._tree_is_signed and one.computed in by_stored:
                right = by_stored[one.computed]
                self._audited.note(
                    one.place, "{record} was moved: it belongs to place {right}", record=record, right=right
                )
            elif self._tree_is_signed:
                self._audited.note(
                    one.place, "{record} was changed: it is not the record that was signed", record=record
                )
            elif self._rows_are_signed:
                self._audited.note(
                    one.place, "{record} is what was signed, but the tree's hash of it was changed", record=record
                )
            else:
                self._audited.note(one.place, "{record} and the tree's hash of it do not fit", record=record)
        self._audited.findings.sort(key=lambda finding: finding.place)


class _Records:
    """The rows in their order, a page at a time."""

    def __init__(self, source: Source, first: int) -> None:
        self._source = source
        self._after = first - 1
        self._lines: Iterator[bytes] = iter(())
        self._next: tuple[int, bytes] | None = None
        self._ended = False

    def at(self, place: int) -> bytes | None:
        """The record at a place; the caller must ask for places in ascending order."""
        while self._next is None or self._next[0] < place:
            if not self._forward():
                return None
        if self._next[0] > place:
            return None
        return self._next[1]

    def _forward(self) -> bool:
        line = next(self._lines, None)
        if line is None:
            page = b"" if self._ended else self._source.records(self._after, _PAGE)
            if not page:
                self._ended, self._next = True, None
                return False
            self._lines = iter(page.splitlines())
            line = next(self._lines)
        place, _space, record = line.partition(b" ")
        self._after = int(place)
        self._next = (self._after, record)
        return True


def _root(frontier: Frontier, hashes: list[bytes]) -> bytes:
    edge = frontier.copy()
    for one in hashes:
        edge.add(one)
    return edge.root()


def _transaction(record: bytes) -> str:
    try:
        return str(json.loads(record)["transaction_id"])
    except (ValueError, KeyError, TypeError):
        return "?"
