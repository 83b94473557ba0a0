"""Who may call what. Without a grant a call is denied; the refusal names the nearest grant.

The message of a refusal is English for callers; who explains a call later may ask for it in another language (``say``).
"""

from collections.abc import Iterable

from gateway.core import endpoints, validity
from gateway.core.registry import Grant, Service, Snapshot
from ndxp.errors import Reason, Refusal
from ndxp.identifiers import in_slashes
from ndxp.language import ENGLISH, Speaker

_REMEMBERED = 10_000
_LONGEST_LIST = 500
_LONGEST_LIST_OF_PROVIDERS = 2_000
"""Enough for the 63 provinces; a refusal of more than 8 kB in its metadata does not arrive."""


def choose_service(snapshot: Snapshot, method: str, wanted: str, path: str = "", *, say: Speaker = ENGLISH) -> Service:
    """The service for a call: the provider ``wanted`` (x-ndxp-service), or the only provider of the contract.

    ``path`` is the canonical one of a call of a REST service. Raises Refusal: UNKNOWN_SERVICE for a contract or method
    that nobody offers, or a REST service that the provider does not have; UNKNOWN_PROVIDER when ``wanted`` does not
    offer it, or is empty although there are several providers. The refusal lists the providers.
    """
    service = _choose_provider(snapshot, method, wanted, say)
    if path and (code := endpoints.code_of(path)) not in service.rest:
        raise Refusal(
            Reason.UNKNOWN_SERVICE,
            say(
                "{provider} has no REST service {code!r}; it has {services}",
                provider=service.provider,
                code=code,
                services=_named(sorted(service.rest), say),
            ),
            metadata={"method": method[:200], "service": service.provider},
        )
    return service


def _choose_provider(snapshot: Snapshot, method: str, wanted: str, say: Speaker) -> Service:
    contract, _, name = method.partition("/")
    providers = snapshot.providers.get(contract)
    if not providers:
        raise Refusal(
            Reason.UNKNOWN_SERVICE,
            say("no member offers {contract!r} on this exchange", contract=contract[:200]),
            metadata={"method": method[:200]},
        )
    methods = snapshot.methods.get(contract)
    if methods and name not in methods:
        raise Refusal(
            Reason.UNKNOWN_SERVICE,
            say(
                "{contract} has no method {name!r}; it has {methods}",
                contract=contract,
                name=name[:100],
                methods=_named(sorted(methods), say),
            ),
            metadata={"method": method[:200]},
        )
    if not wanted:
        if len(providers) > 1:
            raise Refusal(
                Reason.UNKNOWN_PROVIDER,
                say(
                    "{number} members offer {contract}; name one in x-ndxp-service: {providers}",
                    number=len(providers),
                    contract=contract,
                    providers=_providers(providers, say),
                ),
            )
        return next(iter(providers.values()))
    if ":" in wanted:
        wanted = in_slashes(wanted)
    if wanted not in providers:
        raise Refusal(
            Reason.UNKNOWN_PROVIDER,
            say(
                "{wanted} does not offer {contract}; it is offered by {providers}",
                wanted=wanted,
                contract=contract,
                providers=_providers(providers, say),
            ),
            metadata={"service": wanted},
        )
    return providers[wanted]


def authorise(
    snapshot: Snapshot, client: str, service: Service, method: str, *, purpose: str, now: float, path: str = "",
    say: Speaker = ENGLISH,
) -> Grant:  # fmt: skip
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
        grant = _find(snapshot, client, service, method, purpose, now, path, say, any_path=True)
        if len(granted) >= _REMEMBERED:
            granted.clear()
        granted[question] = grant
    if grant.paths and not grant.reaches(path):
        return _find(snapshot, client, service, method, purpose, now, path, say, any_path=False)
    return grant


def _find(
    snapshot: Snapshot, client: str, service: Service, method: str, purpose: str, now: float, path: str,
    say: Speaker, *, any_path: bool,
) -> Grant:  # fmt: skip
    """The first grant that fits, with ``any_path`` apart from the path; the refusal is about this path in any case."""
    name = method.partition("/")[2]
    consumers = snapshot.consumers(client)
    grants = snapshot.grants.get((service.provider, service.contract), [])
    own = [grant for grant in grants if grant.consumer in consumers]
    metadata = {"client": client, "service": service.provider, "method": method}
    reason, why = Reason.ACCESS_DENIED, say("nobody has one")
    for grant in own:
        if not any(_lacks(grant, name, purpose, now, None if any_path else path)):
            return grant
    if own:
        nearest = min(own, key=lambda grant: _lacks(grant, name, purpose, now, path))
        lacks = _lacks(nearest, name, purpose, now, path)
        metadata["grant"] = nearest.id
        why = say("its grant {grant} {lacks}", grant=nearest.id, lacks=_lacking(nearest, lacks, now, say))
        if lacks == _ONLY_A_PURPOSE:
            reason = Reason.PURPOSE_REQUIRED
            metadata["purposes"] = ", ".join(nearest.purposes)
    elif others := [grant for grant in grants if grant.covers(name)]:
        metadata["grant"] = others[0].id
        why = say("the nearest grant, {grant}, is for {consumer}", grant=others[0].id, consumer=others[0].consumer)
    message = say(
        "{client} has no grant to call {name} of {contract} at {provider}; {why}",
        client=client,
        name=name,
        contract=service.contract,
        provider=service.provider,
        why=why,
    )
    raise Refusal(reason, message, metadata=metadata)


def _lacks(grant: Grant, name: str, purpose: str, now: float, path: str | None) -> tuple[bool, bool, bool, bool]:
    """Whether a grant of the caller lacks the method, the path, the time, the purpose; a nearer grant sorts first."""
    no_path = path is not None and not grant.reaches(path)
    return not grant.covers(name), no_path, not grant.holds(now), not grant.serves(purpose)


_ONLY_A_PURPOSE = (False, False, False, True)


def _lacking(grant: Grant, lacks: tuple[bool, bool, bool, bool], now: float, say: Speaker) -> str:
    method, path, time, purpose = lacks
    if method:
        return say("is for {methods}", methods=_named(grant.methods, say))
    reasons = []
    if path:
        reasons.append(say("is for the paths {paths}", paths=_named(grant.paths, say)))
    if time and now < validity.begin(grant.valid_from):
        reasons.append(say("is not valid before {time}", time=grant.valid_from))
    elif time:
        reasons.append(say("was valid until {time}", time=grant.valid_until))
    if purpose:
        reasons.append(say("asks for a purpose among {purposes}", purposes=", ".join(grant.purposes)))
    return say(" and ").join(reasons)


def _providers(providers: Iterable[str], say: Speaker) -> str:
    """Providers of a contract as a refusal lists them."""
    return _named(sorted(providers), say, _LONGEST_LIST_OF_PROVIDERS)


def _named(names: Iterable[str], say: Speaker, longest: int = _LONGEST_LIST) -> str:
    """Names as a refusal lists them. A long list is cut, because metadata of more than 8 kB does not arrive."""
    named = ", ".join(names)
    return named if len(named) <= longest else say("{names} and more", names=named[:longest].rpartition(", ")[0])
