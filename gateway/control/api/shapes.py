"""The JSON of the admin API's requests and answers, as its description (``/openapi.json``) shows it."""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypeAlias, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from gateway.core import explain, grant_request, registry
from gateway.core import faults as fault
from gateway.core.transaction import Record
from gateway.ledger import derived
from gateway.ledger.standing import Standing

Json: TypeAlias = dict[str, Any]
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_DEFINED = "#/$defs/"


class Shape:
    """The schema of a type of msgspec for a value that FastAPI passes as plain JSON.

    msgspec reads such a value into that type, or makes it from that type. ``defaults`` says whether a field that is
    left out has a default.
    """

    def __init__(self, kind: Any, *, defaults: bool = True) -> None:
        self._kind = kind
        self._defaults = defaults

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> Json:
        """The whole schema for pydantic, without references."""
        schema = msgspec.json.schema(self._kind)
        found: Json = self._whole(schema, schema.get("$defs", {}))
        return found

    def _whole(self, part: Any, defined: Mapping[str, Json]) -> Any:
        if isinstance(part, list):
            return [self._whole(each, defined) for each in part]
        if not isinstance(part, dict):
            return part
        if str(reference := part.get("$ref", "")).startswith(_DEFINED):
            return self._whole(defined[reference.removeprefix(_DEFINED)], defined)
        left_out = {"$defs", "title"} if self._defaults else {"$defs", "title", "default"}
        whole = {key: self._whole(value, defined) for key, value in part.items() if key not in left_out}
        return whole | ({"title": title.lstrip("_")} if isinstance(title := part.get("title"), str) else {})


class _KnownService(registry.Service, frozen=True, kw_only=True):
    """A service at its current address, with the methods that discovery has learnt, by name.

    ``trouble`` says why its contract could not be learnt; it is empty when it was learnt.
    """

    methods: dict[str, registry.Method]
    trouble: str


class _RegisteredService(registry.Service, frozen=True, kw_only=True):
    """A service as it was registered; ``warnings`` say what looks wrong."""

    warnings: list[str]


class NewRestService(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A REST service: an HTTP service of a provider, with its code and base URL.

    ``openapi`` is the JSON text of its OpenAPI document; empty for none.
    """

    provider: _Id
    code: str
    url: str
    openapi: str = ""


class _NewGrant(registry.Grant, frozen=True, kw_only=True):
    """A grant; one without an id gets one."""

    id: _Id = ""


class _RegisteredGrant(registry.Grant, frozen=True, kw_only=True):
    """A grant as it was registered; ``warnings`` say what looks wrong."""

    warnings: list[str]


class _ApprovedGrantRequest(grant_request.GrantRequest, frozen=True, kw_only=True):
    """A request for a grant as it was approved; ``warnings`` say what looks wrong with the grant."""

    warnings: list[str]


class _NewFault(fault.Fault, frozen=True, kw_only=True):
    """A fault; one without an id gets one, one without ``valid_from`` begins now."""

    id: str = ""


class _KnownFault(fault.Fault, frozen=True, kw_only=True):
    """A fault, and whether it is on now."""

    on: bool


class _QuotaChange(registry.Quota, frozen=True, kw_only=True):
    """The fields of a quota to change, of a consumer or of "default"; fields that are left out keep their values."""

    consumer: _Id


class _QuotaUse(registry.Quota, frozen=True, kw_only=True):
    """A consumer's quota and its use: calls left now, and calls made today; null for a consumer that has not called."""

    consumer: str
    own: bool
    left: int | None
    today: int | None


class _Recorded(Record, frozen=True, kw_only=True):
    """A record at its place in the ledger; ``proof`` is what the tree says about it, if the request asked for it."""

    seq: int
    proof: Standing | UnsetType = UNSET


class _AddedMember(TypedDict):
    """A member as it is now, and the secrets of its new subsystems; ``warnings`` say what looks wrong."""

    member: registry.Member
    credentials: dict[str, str]
    warnings: list[str]


class _Secrets(TypedDict):
    """The new secrets of subsystems."""

    credentials: dict[str, str]


class _Certificates(TypedDict):
    """The files of new certificates, in the folder of certificates, by subsystem."""

    certificates: dict[str, str]


class _Decision(TypedDict):
    """What the gateway would decide about a call: the grant that fits, or the nearest grant and why it does not."""

    allowed: bool
    client: str
    method: str
    provider: str
    purpose: str
    path: str
    grant: registry.Grant | None
    reason: str
    message: str
    remedy: str


class _TokenKey(TypedDict):
    """A key of tokens; ``until`` is when it is removed (seconds since 1970), null for the key that signs."""

    kid: str
    signs: bool
    until: int | None


class _Durations(TypedDict):
    """In µs."""

    min: int
    avg: int
    p50: int
    p99: int
    max: int


class _Statistic(TypedDict):
    """Counts of outcomes, for a period, a client, a service, or a pair of client and service."""

    start: NotRequired[int]
    client: NotRequired[str]
    service: NotRequired[str]
    count: int
    answered: int
    failed: int
    refused: int
    reasons: dict[str, int]
    duration_us: _Durations
    request_bytes: int
    response_bytes: int


class _Total(TypedDict):
    """How many outcomes have the same client, service, method, status and reason."""

    client: str
    service: str
    method: str
    status_code: int
    reason: str
    count: int


class _Totals(TypedDict):
    """All outcomes after a place, the last place, and whether the recorder has caught up with the journal."""

    caught_up: bool
    last: int
    totals: list[_Total]


class _LedgerState(TypedDict):
    """How the ledger stands."""

    checkpoint: str
    size: int
    first: int
    retention: str
    outside: list[int]
    damage: list[str]
    published: str
    losses: list[str]


class _Unlisted(TypedDict):
    """Outcomes that are missing in the index of subjects; ``next`` is where to continue, null at the end."""

    records: list[_Recorded]
    next: int | None


class _LedgerKeys(TypedDict):
    """Public keys (C2SP verifier keys), the latest last, and the notes in which each key names the next one."""

    keys: list[str]
    changes: list[str]


class _LedgerKey(TypedDict):
    """A public key of the ledger."""

    key: str


class _Conformance(TypedDict):
    """The signed note about the check of an agency."""

    note: str


class _ProvenRecord(TypedDict):
    """A record as it was written (canonical JSON), its index in the tree, and its inclusion proof in base64."""

    index: int
    record: str
    proof: list[str]


class _Evidence(TypedDict):
    """The records of a transaction with proofs under a signed checkpoint; ``salt`` in hex, if it was asked for."""

    format: str
    records: list[_ProvenRecord]
    checkpoint: str
    salt: NotRequired[str]


class _Pruned(TypedDict):
    """The first record that still has its row, and whether all rows that the request named are removed."""

    first: int
    complete: bool


class _Loss(TypedDict):
    """A signed statement of records that were lost; ``root`` in base64, ``at`` is when it was made."""

    kept: int
    lost: int
    root: str
    at: str
    sentence: str


Service = Annotated[Json, Shape(registry.Service)]
KnownService = Annotated[Json, Shape(_KnownService)]
RegisteredService = Annotated[Json, Shape(_RegisteredService)]
RestService = Annotated[Json, Shape(NewRestService, defaults=False)]
Grant = Annotated[Json, Shape(registry.Grant)]
NewGrant = Annotated[Json, Shape(_NewGrant, defaults=False)]
RegisteredGrant = Annotated[Json, Shape(_RegisteredGrant)]
Fault = Annotated[Json, Shape(_KnownFault)]
NewFault = Annotated[Json, Shape(_NewFault, defaults=False)]
GrantRequest = Annotated[Json, Shape(grant_request.GrantRequest)]
ApprovedGrantRequest = Annotated[Json, Shape(_ApprovedGrantRequest)]
Member = Annotated[Json, Shape(registry.Member)]
QuotaChange = Annotated[Json, Shape(_QuotaChange, defaults=False)]
QuotaUse = Annotated[Json, Shape(_QuotaUse)]
Recorded = Annotated[Json, Shape(_Recorded)]
AddedMember = Annotated[Json, Shape(_AddedMember)]
Secrets = Annotated[Json, Shape(_Secrets)]
Certificates = Annotated[Json, Shape(_Certificates)]
Decision = Annotated[Json, Shape(_Decision)]
TokenKey = Annotated[Json, Shape(_TokenKey)]
Statistic = Annotated[Json, Shape(_Statistic)]
Totals = Annotated[Json, Shape(_Totals)]
LedgerState = Annotated[Json, Shape(_LedgerState)]
Unlisted = Annotated[Json, Shape(_Unlisted)]
LedgerKeys = Annotated[Json, Shape(_LedgerKeys)]
LedgerKey = Annotated[Json, Shape(_LedgerKey)]
Conformance = Annotated[Json, Shape(_Conformance)]
Evidence = Annotated[Json, Shape(_Evidence)]
Pruned = Annotated[Json, Shape(_Pruned)]
Loss = Annotated[Json, Shape(_Loss)]
Explanation = Annotated[Json, Shape(explain.Explanation)]
Derived = Annotated[Json, Shape(derived.Checked)]
