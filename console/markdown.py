"""Lessons in Markdown as elements of a page: every text stays text, so that nothing in it is read as HTML."""

import re
from collections.abc import Iterator

from console.parts import box, text

_INLINE = re.compile(r"(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))")
_ITEM = re.compile(r"(?:[-*]|\d+\.) +")


def lesson(source: str) -> None:
    """Shows Markdown with headings, paragraphs, lists, fences, code and bold words; of links the words."""
    for kind, lines in _blocks(source):
        if kind in ("fence", "table"):
            text("pre", "\n".join(lines), "fence").props("tabindex=0")
        elif kind == "heading":
            text("h3", lines[0].lstrip("# "))
        elif kind == "list":
            with box("ol" if lines[0][0].isdigit() else "ul"):
                for line in lines:
                    with box("li"):
                        _inline(_ITEM.sub("", line, count=1))
        else:
            with box("p"):
                _inline(" ".join(lines))


def _inline(line: str) -> None:
    for part in _INLINE.split(line):
        if part.startswith("`"):
            text("code", part.strip("`"))
        elif part.startswith("**"):
            text("strong", part.strip("*"))
        elif part.startswith("["):
            text("span", part[1:].partition("]")[0])
        elif part:
            text("span", part)


def _blocks(source: str) -> Iterator[tuple[str, list[str]]]:
    """The blocks with their kind; an item of a list that goes on in the next line is one line."""
    kind, lines, fenced = "", list[str](), False
    for line in [*source.split("\n"), ""]:
        if line.startswith("```"):
            if lines:
                yield kind, lines
            kind, lines, fenced = ("fence", [], True) if not fenced else ("", [], False)
        elif fenced:
            lines.append(line)
        else:
            now = _kind(line)
            if now == "text" and kind == "list":
                lines[-1] += f" {line.strip()}"
                continue
            if now != kind and lines:
                yield kind, lines
                lines = []
            kind = now
            if now == "heading":
                yield now, [line]
                kind = ""
            elif now:
                lines.append(line.rstrip())


def _kind(line: str) -> str:
    if not line.strip():
        return ""
    if line.startswith("#"):
        return "heading"
    if line.startswith("|"):
        return "table"
    return "list" if _ITEM.match(line) else "text"
