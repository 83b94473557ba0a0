"""Commands for old records: log export, and log prune, which removes old rows."""

import csv
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO

import typer

from ndxp.admin import Session
from ndxp.language import _
from ndxp.options import DEFAULT_FOLDER, Folder, Json
from ndxp.plural import count
from ndxp.terminal import complain, console, print_json, progress
from ndxp.whole_file import whole_file

app = typer.Typer()

_PAGE = 5000
_Rows = list[dict[str, Any]]


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Its name ends with .jsonl, .csv or .parquet.")],
    folder: Folder = DEFAULT_FOLDER,
    after: Annotated[int, typer.Option(min=0, help="Begin after this record of the ledger.")] = 0,
    as_json: Json = False,
) -> None:
    """Exports the ledger, records of both phases in their order.

    Parquet needs `pip install 'ndxp[parquet]'`.

    Example: `ndxp log export ledger.parquet`
    """
    writers = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
    if file.suffix not in writers:
        complain(_("{file}: the name must end with {endings}", file=file, endings=", ".join(writers)))
        raise typer.Exit(2)
    if file.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        complain(_("to write Parquet, pyarrow must be installed: pip install 'ndxp[parquet]'"))
        raise typer.Exit(2)
    session, written = Session(folder), 0
    last = int(session.get("/totals", after=2**61)["last"])
    try:
        with whole_file(file) as into, ExitStack() as opened, progress(_("Exporting")) as show:
            write = writers[file.suffix](into, opened)
            for rows in _pages(session, after, last):
                write(rows)
                written += len(rows)
                show(rows[-1]["seq"], last)
    except OSError as error:
        complain(f"{file}: {error.strerror or error}")
        raise typer.Exit(1) from None
    if as_json:
        print_json({"file": str(file), "records": written, "checked": False})
    else:
        records = count(written, "record", are=True)
        said = _(
            "{records} in {file}. They are as the database has them; `ndxp log verify` checks that nobody has "
            "changed any.",
            records=records,
            file=file,
        )
        console.print(said, soft_wrap=True)


@app.command()
def prune(
    days: Annotated[float, typer.Option(min=0.05, help="Keep the rows of the last days, at least of an hour.")],
    folder: Folder = DEFAULT_FOLDER,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Removes old rows for good; the tree stays, so that earlier evidence can still be checked.

    Example: `ndxp log export old.parquet && ndxp log prune --days 90`
    """
    session = Session(folder)
    if not yes:
        typer.confirm(_("Remove all rows older than {days} days?", days=f"{days:g}"), abort=True)
    before = int((time.time() - 86_400 * days) * 1e6)
    with progress(_("Removing")):
        while not (kept := session.send("POST", "/ledger/retention", body={"before": before})).get("complete", True):
            pass
    if as_json:
        print_json(kept)
    else:
        console.print(_("Rows are kept from record {first} on.", first=kept["first"]))


def _pages(session: Session, after: int, last: int) -> Iterator[_Rows]:
    while after < last and (text := session.read("/ledger/records", after=after, limit=_PAGE)):
        rows = []
        for line in text.splitlines():
            seq, record = line.partition(b" ")[::2]
            rows.append({"seq": int(seq), **json.loads(record)})
        after = rows[-1]["seq"]
        yield rows


def _jsonl(into: BinaryIO, opened: ExitStack) -> Callable[[_Rows], None]:
    file = _text(into, opened)
    return lambda rows: file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _text(into: BinaryIO, opened: ExitStack) -> TextIO:
    text = TextIOWrapper(into, encoding="utf-8", newline="")
    opened.callback(text.detach)  # this writes what is left; the code that opened the file closes it
    return text


def _csv(into: BinaryIO, opened: ExitStack) -> Callable[[_Rows], None]:
    file = _text(into, opened)
    writer = csv.DictWriter(file, ("seq", *_TEXTS, *_NUMBERS), restval="")
    writer.writeheader()
    return lambda rows: writer.writerows({**dict.fromkeys(_NUMBERS, 0), **row} for row in rows)


def _parquet(into: BinaryIO, opened: ExitStack) -> Callable[[_Rows], None]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = [(name, pa.int64()) for name in ("seq", *_NUMBERS)]
    schema = pa.schema([*numbers, *((name, pa.string()) for name in _TEXTS)])
    writer = opened.enter_context(pq.ParquetWriter(into, schema, compression="zstd"))
    empty = {**dict.fromkeys(_NUMBERS, 0), **dict.fromkeys(_TEXTS, "")}

    def write(rows: _Rows) -> None:
        try:
            table = pa.Table.from_pylist([{**empty, **row} for row in rows], schema)
        except pa.ArrowException as error:
            places = f"records {rows[0]['seq']} to {rows[-1]['seq']}"
            raise OSError(f"one of {places} is not as it was written; `ndxp log verify` names it") from error
        writer.write_table(table)

    return write


_TEXTS = (
    "transaction_id", "phase", "client", "service", "method", "message_id", "user_id", "issue", "represented_party",
    "purpose", "request_hash", "response_hash", "reason", "origin", "grant", "node", "traceparent", "subjects",
    "fault", "replay_of",
)  # fmt: skip
_NUMBERS = (
    "request_in_ts", "request_out_ts", "response_in_ts", "response_out_ts", "request_size", "response_size",
    "messages_in", "messages_out", "status_code", "attempts", "attempt",
)  # fmt: skip
