"""A member's request for a grant: what may be asked, and which grant an approval makes of it."""

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Literal, NoReturn

import msgspec

from gateway.core import endpoints, validity
from gateway.core.fields import check_release
from gateway.core.registry import Grant, RegistryError, Snapshot, check_terms
from ndxp.errors import AgencyError, Code, failed_precondition, invalid_argument

MOST_WORDS = 400
"""Characters of a text for people."""

_LONGEST_METHODS = 1000


class GrantRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request of ``client`` and its state; ``because`` is in the member's words, ``reason`` in those of who decided.

    The other fields are those of a grant (``gateway.core.registry.Grant``); after an approval they say what was
    granted. Times are in µs since 1970. ``grant`` is the id of the grant that was made.
    """

    id: str
    client: str
    provider: str
    contract: str
    methods: list[str]
    purposes: list[str] = []
    fields: list[str] = []
    paths: list[str] = []
    valid_until: str = ""
    because: str = ""
    asked_at: int = 0
    state: Literal["pending", "approved", "declined"] = "pending"
    decided_by: str = ""
    decided_at: int = 0
    reason: str = ""
    grant: str = ""

    @property
    def made(self) -> Grant:
        """The grant that an approval makes; its basis names the request."""
        return Grant(
            f"g-{self.id}", self.client, self.provider, self.contract, self.methods, self.purposes, self.fields,
            self.paths, valid_until=self.valid_until, basis=f"{self.because} (request {self.id})",
        )  # fmt: skip

    def asks_the_same(self, other: "GrantRequest") -> bool:
        """Whether the other one is of the same subsystem and for the same right; the reasons in words may differ."""
        return self._right == other._right

    @property
    def _right(self) -> tuple[object, ...]:
        lists = (self.methods, self.purposes, self.fields, self.paths)
        return self.client, self.provider, self.contract, *map(frozenset, lists), self.valid_until


def check(request: GrantRequest, snapshot: Snapshot, now: float) -> None:
    """Raises AgencyError for a request that no grant could fulfil, or that a grant fulfils already.

    ``now`` is in seconds since 1970.
    """
    check_words("because", request.because)
    if request.client not in snapshot.subsystems:
        _refuse("CLIENT_UNKNOWN", f"{request.client} is not on this exchange; see `ndxp members`", "client")
    offered = snapshot.providers.get(request.contract, {})
    if not offered:
        _refuse("CONTRACT_UNKNOWN", f"no member offers {request.contract[:200]!r}; see `ndxp services`", "contract")
    if request.provider not in offered:
        what = f"{request.provider[:200]!r} does not offer {request.contract}; see `ndxp services`"
        _refuse("PROVIDER_UNKNOWN", what, "provider")
    if not request.methods or sum(map(len, request.methods)) > _LONGEST_METHODS:
        _refuse("METHODS_INVALID", f"name methods, with {_LONGEST_METHODS} characters at most together", "methods")
    try:
        check_terms("request", request.made)
    except RegistryError as error:
        place = str(error).partition(":")[0].rpartition(".")[2]
        raise invalid_argument("TERMS_INVALID", str(error), place) from error
    if validity.end(request.valid_until) <= now:
        _refuse("VALID_UNTIL_PAST", f"the grant would have ended on {request.valid_until}", "valid_until")
    _must_release(request, snapshot)
    for grant in _present_grants(request, snapshot):
        if _fulfils(grant, request, snapshot, now):
            raise AgencyError(Code.ALREADY_EXISTS, "GRANTED_ALREADY", f"grant {grant.id} gives that already")


def check_words(field: str, text: str) -> None:
    """Raises AgencyError unless a text for people has something in it and is not too long."""
    if not text.strip() or len(text) > MOST_WORDS:
        _refuse("TEXT_INVALID", f"{field}: say it in 1 to {MOST_WORDS} characters", field)


def narrowed(
    request: GrantRequest, purposes: list[str], fields: list[str], paths: list[str], valid_until: str
) -> GrantRequest:
    """The request with less; what is empty stays as it was asked. Raises AgencyError for anything more."""
    if purposes and not _includes(request.purposes, purposes):
        _refuse("WIDER_THAN_ASKED", f"the request is for {' or '.join(request.purposes)} only", "purposes")
    if fields and not _releases(request.fields, fields):
        _refuse("WIDER_THAN_ASKED", f"the request is for {', '.join(request.fields)} only", "fields")
    if paths and not _reaches(request.paths, paths):
        _refuse("WIDER_THAN_ASKED", f"the request is for {', '.join(request.paths)} only", "paths")
    try:
        later = bool(valid_until) and validity.end(valid_until) > validity.end(request.valid_until)
    except ValueError as error:
        raise invalid_argument("TERMS_INVALID", f"valid_until: {error}", "valid_until") from error
    if later:
        _refuse("WIDER_THAN_ASKED", f"the request is for a grant until {request.valid_until}", "valid_until")
    return msgspec.structs.replace(
        request,
        purposes=purposes or request.purposes,
        fields=fields or request.fields,
        paths=paths or request.paths,
        valid_until=valid_until or request.valid_until,
    )


def doubts(request: GrantRequest, snapshot: Snapshot, now: float) -> list[str]:
    """One sentence for each grant that counts instead of the new one in some calls, because it comes before it."""
    names = _names(request, snapshot)
    return [
        f"grant {grant.id} of {grant.consumer} comes first, and counts for calls that fit both"
        for grant in _present_grants(request, snapshot)
        if grant.holds(now)
        and any(grant.covers(name) for name in names)
        and (not grant.purposes or not set(grant.purposes).isdisjoint(request.purposes))
    ]


def unknown(request_id: str) -> AgencyError:
    """The refusal for an id that names no request, or none that the caller may decide."""
    return AgencyError(
        Code.NOT_FOUND, "GRANT_REQUEST_UNKNOWN", f"there is no request {request_id[:64]!r} for a grant", field="id"
    )


def decided(request: GrantRequest) -> AgencyError:
    """The refusal of a second decision."""
    by = f" by {request.decided_by}" if request.decided_by else ""
    what = f"the request {request.id} was {request.state} already{by}"
    return failed_precondition("GRANT_REQUEST_DECIDED", what, "id")


def _must_release(request: GrantRequest, snapshot: Snapshot) -> None:
    """Raises AgencyError unless the contract, where it is known, has the methods, and their answers the fields."""
    files = snapshot.contracts.get(request.contract)
    if files is None:
        return
    for field, released in (("methods", []), ("fields", request.fields)):
        try:
            check_release(files, request.contract, request.methods, released)
        except ValueError as error:
            raise invalid_argument(f"{field.upper()}_INVALID", str(error), field) from error


def _present_grants(request: GrantRequest, snapshot: Snapshot) -> list[Grant]:
    """The grants that the subsystem, or a group of it, has for this service now."""
    consumers = snapshot.consumers(request.client)
    return [g for g in snapshot.grants.get((request.provider, request.contract), []) if g.consumer in consumers]


def _fulfils(grant: Grant, request: GrantRequest, snapshot: Snapshot, now: float) -> bool:
    return (
        all(grant.covers(name) for name in _names(request, snapshot))
        and grant.holds(now)
        and validity.end(grant.valid_until) >= validity.end(request.valid_until)
        and _includes(grant.purposes, request.purposes)
        and _releases(grant.fields, request.fields)
        and _reaches(grant.paths, request.paths)
    )


def _names(request: GrantRequest, snapshot: Snapshot) -> Collection[str]:
    """The methods that are asked for; patterns stay as they are while the contract is not known."""
    known = snapshot.methods.get(request.contract, {})
    return [name for name in known if any(fnmatchcase(name, asked) for asked in request.methods)] or request.methods


def _includes(wide: Collection[str], narrow: Collection[str]) -> bool:
    """Whether purposes are among others; no purposes means that none need be stated."""
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _releases(wide: Collection[str], narrow: Collection[str]) -> bool:
    """Whether fields are among others or below them; no fields means all."""
    return not wide or (bool(narrow) and all(any(f"{path}.".startswith(f"{w}.") for w in wide) for path in narrow))


def _reaches(wide: Collection[str], narrow: Collection[str]) -> bool:
    """Whether patterns of paths are included in others; no patterns means all paths."""
    return not wide or (bool(narrow) and all(any(_within(pattern, w) for w in wide) for pattern in narrow))


def _within(pattern: str, wide: str) -> bool:
    """Whether a pattern of paths includes only what a wide one includes; its * counts as a segment like any other."""
    rest = "/**"
    return endpoints.includes(wide, pattern) and (wide.endswith(rest) or not pattern.endswith(rest))


def _refuse(reason: str, message: str, field: str) -> NoReturn:
    raise invalid_argument(reason, message, field)
