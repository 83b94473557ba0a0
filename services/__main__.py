"""Hosts agencies: ``python -m services`` all of them, ``python -m services passports`` those named."""

import sys
from importlib import import_module

from ndxp.agency.hosting import host

AGENCIES = ("population", "health_insurance", "passports")


def main(names: list[str]) -> int:
    """Returns the exit code; 2 for a name that no agency has."""
    unknown = [name for name in names if name not in AGENCIES]
    if unknown:
        print(f"services: no agency {unknown[0]!r}; there are {', '.join(AGENCIES)}", file=sys.stderr)
        return 2
    chosen = [name for name in AGENCIES if not names or name in names]
    return host([import_module(f"services.{name}.__main__").AGENCY for name in chosen])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
