"""The command ``python -m gateway.ledger.backup FILE``, which ``ndxp log backup`` starts."""

import argparse
import os
from dataclasses import asdict
from pathlib import Path

from gateway.ledger.backup import back_up, existing
from gateway.ledger.command import one_line_each, say_unsigned
from gateway.ledger.statements import Statements
from gateway.settings import RecorderSettings
from ndxp.language import _
from ndxp.ledger.backup import BackupRefused
from ndxp.plural import count
from ndxp.terminal import console, print_json, progress


def main() -> None:
    """Exit code 0 when the backup is made and verified, 1 when not, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m gateway.ledger.backup", description="Makes a backup of the ledger while it is written to."
    )
    parser.add_argument("file", type=Path, help="the backup to make")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    given = parser.parse_args()
    os.umask(0o077)
    with one_line_each():
        settings = RecorderSettings()
        statements = Statements(settings.run_folder)
        if not statements.public_keys():
            raise BackupRefused(
                _("no public keys of the ledger in {folder}: is it the run folder?", folder=settings.run_folder)
            )
        engine = existing(settings.ledger)
        try:
            with progress(_("Backing up")) as show:
                made = back_up(engine, statements, given.file, show)
        finally:
            engine.dispose()
        if given.json:
            print_json(asdict(made))
            return
        size = f"{made.bytes / 1e6:.1f} MB"
        records = count(made.records, "record", are=True)
        sentence = _("✔ {records} in {file} ({size}), verified.", records=records, file=made.file, size=size)
        console.print(sentence, style="green", markup=False, soft_wrap=True)
        say_unsigned(made.signed, made.records)


if __name__ == "__main__":
    main()
