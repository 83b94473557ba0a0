"""The host names under which a plain HTTP server answers, so that a foreign web page cannot read it in a browser.

A web page can have its own name resolved to this machine's address (DNS rebinding); then the browser takes an answer
from here for an answer of that page's server. So ``Host`` must be a name that strangers cannot have in the public DNS.
"""

import ipaddress
from collections.abc import Collection

_OURS = ("localhost", "local", "internal", "svc")
"""Last parts of names that nobody can register: of this machine, of a network, of Kubernetes' services."""


def trusted(host: str, names: Collection[str] = ()) -> bool:
    """Whether ``Host`` is allowed: an IP address, a name without dots, a reserved name, or one of ``names``."""
    bare = host.strip().lower()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    bare = bare.rstrip(".")
    try:
        ipaddress.ip_address(bare)
        return True
    except ValueError:
        last = bare.rpartition(".")[2]
        return bool(bare) and ("." not in bare or last in _OURS or bare in {name.lower() for name in names})
