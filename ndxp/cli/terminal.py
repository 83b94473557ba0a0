"""Makes a command work in any locale: words and files are UTF-8; a letter that cannot be shown becomes an escape."""

import os
import sys

from ndxp.terminal import shows_everything

_ESCAPES = "backslashreplace"


def prepare() -> None:
    r"""Makes a command independent of the locale; it may start the command again, in Python's UTF-8 mode.

    In a locale with another encoding Python would read words and paths of the command line in that encoding, although
    terminals, shells and files nearly always use UTF-8. Output keeps the encoding of the terminal: a letter that it
    does not have is shown as an escape such as ``\u1ec7``, so that it does not end a command after its change.
    """
    if not shows_everything():
        # Programs started by a command, such as a load test, write to the same terminal.
        os.environ["PYTHONIOENCODING"] = f"{sys.stdout.encoding}:{_ESCAPES}"
    if sys.getfilesystemencoding() != "utf-8":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606
    sys.stdout.reconfigure(errors=_ESCAPES)  # type: ignore[union-attr]
    sys.stderr.reconfigure(errors=_ESCAPES)  # type: ignore[union-attr]
