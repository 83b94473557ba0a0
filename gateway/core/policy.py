"""Who may call what: default deny, with the nearest grant named when a call is denied."""

from fnmatch import fnmatchcase

from gateway.core.registry import Grant, Service, Snapshot
from ndxp.errors import Reason, Refusal
from ndxp.identifiers import Subsystem

_REMEMBERED = 10_000


def choose_service(snapshot: Snapshot, method: str, wanted: str) -> Service:
    """The service that a call means: ``wanted`` (x-ndxp-service), or the only provider of the contract.

    Raises Refusal: UNKNOWN_SERVICE for a contract or method that nobody offers, UNKNOWN_PROVIDER when ``wanted``
    does not offer it or when it is empty and there are several.
    """
    contract, _, name = method.partition("/")
    providers = snapshot.providers.get(contract)
    if not providers:
        raise Refusal(
            Reason.UNKNOWN_SERVICE, f"no member offers {contract[:200]!r} on this exchange",
            metadata={"method": method[:200]},
        )  # fmt: skip
    methods = snapshot.methods.get(contract)
    if methods and name not in methods:
        raise Refusal(
            Reason.UNKNOWN_SERVICE,
            f"{contract} has no method {name[:100]!r}; it has {', '.join(sorted(methods))}",
            metadata={"method": method[:200]},
        )
    if not wanted:
        if len(providers) > 1:
            raise Refusal(
                Reason.UNKNOWN_PROVIDER,
                f"{len(providers)} members offer {contract}; "
                f"name one in x-ndxp-service, such as {next(iter(providers))}",
            )
        return next(iter(providers.values()))
    if ":" in wanted:
        wanted = _in_slashes(wanted)
    if wanted not in providers:
        raise Refusal(Reason.UNKNOWN_PROVIDER, f"{wanted} does not offer {contract}", metadata={"service": wanted})
    return providers[wanted]


def authorise(snapshot: Snapshot, client: str, service: Service, method: str) -> Grant:
    """The grant under which the client may call; raises Refusal (ACCESS_DENIED) that says what is missing.

    A grant found before costs one look-up: a snapshot does not change.
    """
    asked = client, service.provider, service.contract, method
    grant = snapshot.granted.get(asked)
    if grant is None:
        grant = _find(snapshot, client, service, method)
        if len(snapshot.granted) >= _REMEMBERED:
            snapshot.granted.clear()
        snapshot.granted[asked] = grant
    return grant


def _find(snapshot: Snapshot, client: str, service: Service, method: str) -> Grant:
    name = method.partition("/")[2]
    consumers = snapshot.consumers(client)
    grants = snapshot.grants.get((service.provider, service.contract), [])
    own = [grant for grant in grants if grant.consumer in consumers]
    for grant in own:
        if any(fnmatchcase(name, pattern) for pattern in grant.methods):
            return grant
    raise Refusal(
        Reason.ACCESS_DENIED,
        f"{client} has no grant to call {name} of {service.contract} at {service.provider}; "
        f"{_nearest(own, grants, name)}",
        metadata={"client": client, "service": service.provider, "method": method},
    )


def _in_slashes(wanted: str) -> str:
    """The provider that NDXP's own form of an identifier names; the text as it is when it names none."""
    try:
        return str(Subsystem.parse(wanted))
    except ValueError:
        return wanted


def _nearest(own: list[Grant], grants: list[Grant], name: str) -> str:
    if own:
        return f"its grant {own[0].id} is for {', '.join(own[0].methods)}"
    for grant in grants:
        if any(fnmatchcase(name, pattern) for pattern in grant.methods):
            return f"the nearest grant, {grant.id}, is for {grant.consumer}"
    return "nobody has one"
