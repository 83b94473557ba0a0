"""What the commands that copy a ledger print: one line for an error, and which records are not signed yet."""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from gateway.ledger.tables import LedgerDisagrees
from ndxp.language import LanguageUnknown, _, use, wanted
from ndxp.ledger.backup import BackupRefused
from ndxp.process import wrong_settings
from ndxp.terminal import complain, console


@contextmanager
def one_line_each() -> Iterator[None]:
    """Prints an error as one line on stderr. Exit code 1; 2 for wrong settings, 130 for a command that was stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as with Ctrl-C: unfinished work is undone
    with suppress(LanguageUnknown):  # `ndxp log` has said so
        use(wanted(os.environ))
    code = 1
    try:
        yield
        return
    except KeyboardInterrupt:
        code = 130
    except (BackupRefused, LedgerDisagrees) as error:
        complain(str(error))
    except ValidationError as error:
        complain("; ".join(wrong_settings(error)))
        code = 2
    except ValueError as error:
        complain(str(error))
        code = 2
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except (SQLAlchemyError, sqlite3.Error) as error:
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        complain(_("the database says: {why}", why=why))
    sys.exit(code)


def say_unsigned(signed: int, records: int) -> None:
    """Says which records no checkpoint covers, if there are any."""
    if signed < records:
        said = _(
            "Records {first} to {last} are not signed yet, as in the ledger: no recorder ran.",
            first=signed + 1,
            last=records,
        )
        console.print(said, style="yellow", soft_wrap=True)
