"""Who may call what. Without a grant a call is denied; the refusal names the nearest grant."""

from collections.abc import Iterable

from gateway.core import endpoints, validity
from gateway.core.registry import Grant, Service, Snapshot
from ndxp.errors import Reason, Refusal
from ndxp.identifiers import in_slashes

_REMEMBERED = 10_000
_LONGEST_LIST = 500
_LONGEST_LIST_OF_PROVIDERS = 2_000
"""Enough for the 63 provinces; a refusal of more than 8 kB in its metadata does not arrive."""


def choose_service(snapshot: Snapshot, method: str, wanted: str, path: str = "") -> Service:
    """The service for a call: the provider ``wanted`` (x-ndxp-service), or the only provider of the contract.

    ``path`` is the canonical one of a call of a REST service. Raises Refusal: UNKNOWN_SERVICE for a contract or method
    that nobody offers, or a REST service that the provider does not have; UNKNOWN_PROVIDER when ``wanted`` does not
    offer it, or is empty although there are several providers. The refusal lists the providers.
    """
    service = _choose_provider(snapshot, method, wanted)
    if path and (code := endpoints.code_of(path)) not in service.rest:
        raise Refusal(
            Reason.UNKNOWN_SERVICE,
            f"{service.provider} has no REST service {code!r}; it has {_named(sorted(service.rest))}",
            metadata={"method": method[:200], "service": service.provider},
        )
    return service


def _choose_provider(snapshot: Snapshot, method: str, wanted: str) -> Service:
    contract, _, name = method.partition("/")
    providers = snapshot.providers.get(contract)
    if not providers:
        raise Refusal(
            Reason.UNKNOWN_SERVICE,
            f"no member offers {contract[:200]!r} on this exchange",
            metadata={"method": method[:200]},
        )
    methods = snapshot.methods.get(contract)
    if methods and name not in methods:
        raise Refusal(
            Reason.UNKNOWN_SERVICE,
            f"{contract} has no method {name[:100]!r}; it has {_named(sorted(methods))}",
            metadata={"method": method[:200]},
        )
    if not wanted:
        if len(providers) > 1:
            raise Refusal(
                Reason.UNKNOWN_PROVIDER,
                f"{len(providers)} members offer {contract}; name one in x-ndxp-service: {_providers(providers)}",
            )
        return next(iter(providers.values()))
    if ":" in wanted:
        wanted = in_slashes(wanted)
    if wanted not in providers:
        raise Refusal(
            Reason.UNKNOWN_PROVIDER,
            f"{wanted} does not offer {contract}; it is offered by {_providers(providers)}",
            metadata={"service": wanted},
        )
    return providers[wanted]


def authorise(
    snapshot: Snapshot, client: str, service: Service, method: str, *, purpose: str, now: float, path: str = ""
) -> Grant:
    """The grant under which the client may call: the first one that fits, in the registry's order.

    ``purpose`` is what the call states, "" for none; ``now`` is in seconds since 1970; ``path`` is the canonical one of
    a call of a REST service. Raises Refusal, which names the nearest grant and why it does not fit: PURPOSE_REQUIRED
    when only the purpose is missing, else ACCESS_DENIED. A grant that was found before costs one look-up; the snapshot
    forgets these when a grant begins or ends. It remembers the first grant that fits apart from the path, and no path:
    callers could name paths without end.
    """
    granted = snapshot.granted(now)
    purpose = purpose if purpose in snapshot.purposes else ""  # a purpose that no grant asks for counts as none
    question = client, service.provider, service.contract, method, purpose
    grant = granted.get(question)
    if grant is None:
        grant = _find(snapshot, client, service, method, purpose, now, path, any_path=True)
        if len(granted) >= _REMEMBERED:
            granted.clear()
        granted[question] = grant
    if grant.paths and not grant.reaches(path):
        return _find(snapshot, client, service, method, purpose, now, path, any_path=False)
    return grant


def _find(
    snapshot: Snapshot, client: str, service: Service, method: str, purpose: str, now: float, path: str, *,
    any_path: bool,
) -> Grant:  # fmt: skip
    """The first grant that fits, with ``any_path`` apart from the path; the refusal is about this path in any case."""
    name = method.partition("/")[2]
    consumers = snapshot.consumers(client)
    grants = snapshot.grants.get((service.provider, service.contract), [])
    own = [grant for grant in grants if grant.consumer in consumers]
    metadata = {"client": client, "service": service.provider, "method": method}
    reason, why = Reason.ACCESS_DENIED, "nobody has one"
    for grant in own:
        if not any(_lacks(grant, name, purpose, now, None if any_path else path)):
            return grant
    if own:
        nearest = min(own, key=lambda grant: _lacks(grant, name, purpose, now, path))
        lacks = _lacks(nearest, name, purpose, now, path)
        metadata["grant"] = nearest.id
        why = f"its grant {nearest.id} {_lacking(nearest, lacks, now)}"
        if lacks == _ONLY_A_PURPOSE:
            reason = Reason.PURPOSE_REQUIRED
            metadata["purposes"] = ", ".join(nearest.purposes)
    elif others := [grant for grant in grants if grant.covers(name)]:
        metadata["grant"] = others[0].id
        why = f"the nearest grant, {others[0].id}, is for {others[0].consumer}"
    what = f"{name} of {service.contract} at {service.provider}"
    raise Refusal(reason, f"{client} has no grant to call {what}; {why}", metadata=metadata)


def _lacks(grant: Grant, name: str, purpose: str, now: float, path: str | None) -> tuple[bool, bool, bool, bool]:
    """Whether a grant of the caller lacks the method, the path, the time, the purpose; a nearer grant sorts first."""
    no_path = path is not None and not grant.reaches(path)
    return not grant.covers(name), no_path, not grant.holds(now), not grant.serves(purpose)


_ONLY_A_PURPOSE = (False, False, False, True)


def _lacking(grant: Grant, lacks: tuple[bool, bool, bool, bool], now: float) -> str:
    method, path, time, purpose = lacks
    if method:
        return f"is for {_named(grant.methods)}"
    reasons = []
    if path:
        reasons.append(f"is for the paths {_named(grant.paths)}")
    if time and now < validity.begin(grant.valid_from):
        reasons.append(f"is not valid before {grant.valid_from}")
    elif time:
        reasons.append(f"was valid until {grant.valid_until}")
    if purpose:
        reasons.append(f"asks for a purpose among {', '.join(grant.purposes)}")
    return " and ".join(reasons)


def _providers(providers: Iterable[str]) -> str:
    """Providers of a contract as a refusal lists them."""
    return _named(sorted(providers), _LONGEST_LIST_OF_PROVIDERS)


def _named(names: Iterable[str], longest: int = _LONGEST_LIST) -> str:
    """Names as a refusal lists them. A long list is cut, because metadata of more than 8 kB does not arrive."""
    named = ", ".join(names)
    return named if len(named) <= longest else f"{named[:longest].rpartition(', ')[0]} and more"
