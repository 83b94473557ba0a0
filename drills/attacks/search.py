"""Search: SQL in every search field, and records with control characters for the reader's terminal."""

import random
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from drills.attacks.attack import Attack
from drills.attacks.target import CLIENT, SERVICE, VERIFY, Outcome, Target, call, somebody
from drills.attacks.wire import ask
from ndxp.wire import metadata

_NOTHING = ("nothing found", "HTTP 404", "HTTP 422")
_FIELDS = {
    "transactions": (
        "client", "member", "service", "method", "status_code", "reason", "origin", "message_id", "user_id", "purpose",
        "trace", "transaction_id", "subject", "since", "until", "before", "after", "limit",
    ),
    "statistics": ("member", "service", "period", "since", "until", "by"),
    "grants": ("consumer",),
    "quotas": ("consumer",),
    "members": ("group",),
}  # fmt: skip
_SQL = (
    "' OR '1'='1", "' OR 1=1 --", "\" OR \"\"=\"", "'; DROP TABLE records; --", "' UNION SELECT * FROM records --", "%",
    "_", "%%", "*", "\\", "') OR ('a'='a", "1; ATTACH DATABASE '/tmp/a' AS a", "a\nb", "a\0b", "\x1b[2J", "$1",
    ":client", "{client}", "%s", "${7*7}", "a" * 256,
)  # fmt: skip
_MARKUP = (
    "[/]",
    "[bold red]all is well[/bold red]",
    "[link=file:///etc/passwd]a[/link]",
    "[/nothing]",
    "%s {0} ${x}",
    "[@click=app.bell]a",
)


def attacks(_: Target) -> list[Attack]:
    """All of them."""
    made = [
        Attack(f"{path}?{field}={sql!r:.30}", partial(_search, path, field, sql), _NOTHING)
        for path, fields in _FIELDS.items()
        for field in fields
        for sql in _SQL
    ]
    return [
        *made,
        Attack("records of markup, shown", _markup, ("plain",)),
        Attack("paths with control characters, shown", _control, ("plain",)),
    ]


def _search(path: str, field: str, sql: str, target: Target, _: random.Random) -> Outcome:
    answer = target.operator.get(f"/admin/v1/{path}", params={field: sql})
    if answer.is_success:
        return Outcome("nothing found" if not answer.json() else f"OK {len(answer.json())} found")
    return Outcome(f"HTTP {answer.status_code}")


def _markup(target: Target, source: random.Random) -> Outcome:
    """Markup of rich in every free text of a record."""
    text = source.choice(_MARKUP)
    keys = (metadata.PURPOSE, metadata.USER_ID, metadata.MESSAGE_ID, metadata.ISSUE, metadata.REPRESENTED_PARTY)
    done = call(target.state.gateway, VERIFY, somebody(), target.identity(), *((key, text) for key in keys))
    return _shown(target, done, text)


def _control(target: Target, source: random.Random) -> Outcome:
    written = source.choice(
        ("\x1b[2J\x1b]0;owned\x07", "\x1b[1A00:00:00  OK  all is well", "\x08\x9b31m", "\u202ekcab")
    )
    done = ask(target.state.gateway, f"/{SERVICE}/{written}".encode(), somebody(), target.identity())
    return _shown(target, done, "")


def _shown(target: Target, done: Outcome, text: str) -> Outcome:
    """Whether every command shows a record's text unchanged and without control characters."""
    target.until_recorded()
    for words in _commands(done.transaction_id):
        command = [sys.executable, "-P", "-m", "ndxp.cli", *words, "--folder", str(target.folder)]
        ran = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
        shown = ran.stdout.decode()
        if ran.returncode != 0:
            return Outcome(f"`ndxp {' '.join(words)}` ends with {ran.returncode}")
        if odd := next((c for c in shown if not c.isprintable() and c != "\n"), ""):
            return Outcome(f"`ndxp {' '.join(words)}` writes {odd!r}")
        if words[1] == "show" and text.partition(" ")[0] not in shown:
            return Outcome(f"`ndxp {' '.join(words)}` does not show {text!r}")
    return Outcome("plain")


def _commands(transaction: str) -> Iterator[tuple[str, ...]]:
    yield "log", "show", transaction
    yield "log", "tail", "-n", "5"
    yield "log", "search", "--client", CLIENT, "--limit", "5"
    yield "explain", transaction
