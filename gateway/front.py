"""Makes the certificate of the exchange's load balancer: ``python -m gateway.front AUTHORITY FOLDER HOST...``.

The authority in the folder AUTHORITY makes it, as that of ``ndxp up --tls``, and makes a new one in its last month.
FOLDER gets the files for the load balancer, ``tls.key`` and ``tls.crt``, and ``ca.crt``, which callers trust.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from ndxp.authority import Authority
from ndxp.wire.tls import Tls

_FRONT = "front"
_CERTIFICATE = b"-----BEGIN CERTIFICATE"


def make(authority: Path, folder: Path, hosts: Sequence[str]) -> None:
    """Makes the files that are missing or no longer fit these hosts."""
    Authority.open_or_create(authority).ensure(_FRONT, hosts=hosts)
    made = Tls.load(authority, _FRONT)
    key, begins, certificate = made.own.partition(_CERTIFICATE)
    for name, content in (("tls.key", key), ("tls.crt", begins + certificate), ("ca.crt", made.authority)):
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
