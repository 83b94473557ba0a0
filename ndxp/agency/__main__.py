"""Hosts the agencies of a folder: ``python -m ndxp.agency FOLDER [NAME ...]``; without names all of them."""

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    gc.disable()  # until `host_folder`

from ndxp.agency.folder import host_folder


def main(words: Sequence[str]) -> int:
    """Returns the exit code; 2 for wrong usage."""
    if not words:
        sys.stderr.write("agency: name the folder in which the agencies are: python -m ndxp.agency FOLDER [NAME ...]\n")
        return 2
    folder, *names = words
    path = Path(folder).resolve()
    sys.path.insert(0, str(path))
    return host_folder(path, names, called=" ".join(names) or "agency")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
