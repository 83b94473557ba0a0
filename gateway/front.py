"""Makes the certificate of the exchange's load balancer: ``python -m gateway.front AUTHORITY FOLDER HOST...``.

The authority in the folder AUTHORITY makes it, as that of ``ndxp up --tls``, and makes a new one in its last month.
FOLDER gets the files for the load balancer, ``tls.key`` and ``tls.crt``, and ``ca.crt``, which callers trust.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from ndxp.authority import Authority

_FRONT = "front"


def make(authority: Path, folder: Path, hosts: Sequence[str]) -> None:
    """Makes the files that are missing or no longer fit these hosts."""
    Authority.open_or_create(authority).hand_out(_FRONT, hosts, folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
