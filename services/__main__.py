"""Hosts agencies: ``python -m services`` all of them, ``python -m services passports`` those named."""

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    gc.disable()  # until `host_folder`

from ndxp.agency.folder import host_folder


def main(names: Sequence[str]) -> int:
    """Returns the exit code; 2 for a name that no agency has, or an agency that cannot be put together."""
    return host_folder(Path(__file__).parent, names, package="services.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
