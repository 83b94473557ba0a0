"""The list of failures that are known and not mended yet."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ndxp.check.result import Result, Status

_PASSES = "it is on the list of known failures and passes now: take it off the list"


class KnownRefused(ValueError):
    """A list of known failures cannot be used; the text names the line."""


def read_known(data: bytes) -> Mapping[str, str]:
    """The ids of checks with the reasons why they may fail, of lines ``CHECK-ID  # why``. Raises KnownRefused."""
    known = dict[str, str]()
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise KnownRefused(f"it is not UTF-8: byte {error.start}") from error
    for number, line in enumerate(lines, 1):
        name, _, why = (part.strip() for part in line.partition("#"))
        if not name:
            continue
        if " " in name or ":" not in name or not why:
            raise KnownRefused(f"line {number}: a line is CHECK-ID  # why, such as paging/sizes:a.v1.A/List  # bug 7")
        if name in known:
            raise KnownRefused(f"line {number}: {name} is there twice")
        known[name] = why
    return known


def judged(results: Sequence[Result], known: Mapping[str, str]) -> list[Result]:
    """The results, where failures on the list are known ones, and what passes now is said."""
    return [_judge(result, known) for result in results]


def _judge(result: Result, known: Mapping[str, str]) -> Result:
    if (why := known.get(result.id)) is None or result.status is Status.SKIPPED:
        return result
    if result.status is Status.FAILED:
        return replace(result, status=Status.KNOWN, note=why)
    return replace(result, note=_PASSES)


def unknown(results: Sequence[Result], known: Mapping[str, str]) -> list[str]:
    """The entries of the list that no check has."""
    return sorted(known.keys() - {result.id for result in results})
