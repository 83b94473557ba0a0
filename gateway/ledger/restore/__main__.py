"""The command ``python -m gateway.ledger.restore FILE --into URL_OR_FILE``, which ``ndxp log restore`` starts."""

import argparse
import os
from dataclasses import asdict
from pathlib import Path

from gateway.ledger.command import one_line_each, say_unsigned
from gateway.ledger.restore import read_keys, restore
from gateway.ledger.statements import Statements
from gateway.settings import RecorderSettings
from ndxp.language import _
from ndxp.plural import count
from ndxp.sqlite import sqlite_url
from ndxp.terminal import console, print_json, progress


def main() -> None:
    """Exit code 0 when the ledger is restored and verified, 1 when not, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m gateway.ledger.restore", description="Puts a backup into an empty ledger."
    )
    parser.add_argument("file", type=Path, help="the backup")
    parser.add_argument("--into", default="", help="URL or SQLite file of the ledger (NDXP_LEDGER_URL)")
    parser.add_argument("--key", default="", help="public key or file of keys (those in the run folder)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    given = parser.parse_args()
    os.umask(0o077)
    with one_line_each():
        settings = RecorderSettings()
        settings.run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        into = given.into or settings.ledger
        url = into if "://" in into else sqlite_url(Path(into).resolve())
        statements = Statements(settings.run_folder)
        with progress(_("Restoring")) as show:
            made = restore(given.file, url, statements, read_keys(given.key, statements), show)
        if given.json:
            print_json(asdict(made))
            return
        sentence = _(
            "✔ {records} restored and verified; the last checkpoint is that of {file}.",
            records=count(made.records, "record", are=True),
            file=made.file,
        )
        console.print(sentence, style="green", markup=False, soft_wrap=True)
        say_unsigned(made.signed, made.records)
        if not made.statistics_proven:
            said = _("Statistics are those of the backup, unproven: rows that they count had been removed.")
            console.print(said, style="yellow", soft_wrap=True)


if __name__ == "__main__":
    main()
