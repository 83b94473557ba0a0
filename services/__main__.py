"""Hosts agencies: ``python -m services`` all of them, ``python -m services passports`` those named."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from ndxp.agency.hosting import host
from ndxp.agency.parts import PartRefused, read_parts, usual_ports


def main(names: Sequence[str]) -> int:
    """Returns the exit code; 2 for a name that no agency has, or a part of the exchange that cannot be read."""
    try:
        parts = read_parts(Path(__file__).parent)
    except PartRefused as error:
        sys.stderr.write(f"services: {error}\n")
        return 2
    there = [part.name for part in parts]
    for name in names:
        if name not in there:
            sys.stderr.write(f"services: no agency {name!r}; there are {', '.join(there)}\n")
            return 2
    chosen = [part for part in parts if not names or part.name in names]
    return host([(part, import_module(f"services.{part.name}").AGENCY) for part in chosen], usual_ports(parts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
