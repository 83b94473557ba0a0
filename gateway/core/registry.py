"""The registry: members, their services, and grants; and its snapshot for fast decisions."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from math import inf
from types import MappingProxyType
from typing import Annotated

import msgspec
from google.protobuf import descriptor_pb2

from gateway.core import endpoints, faults, validity
from gateway.core.faults import Fault, Faults
from gateway.core.fields import check_release
from ndxp.address import Address
from ndxp.identifiers import Member as MemberId
from ndxp.identifiers import Subsystem, member_of
from ndxp.language import Speaker, _

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_CONTRACT = re.compile(r"[A-Za-z_][\w.]{0,150}\.[A-Za-z_]\w{0,48}")
_INSTANCE = re.compile(r"[A-Za-z0-9-]{1,20}")
_NAME = re.compile(r".{0,200}", re.DOTALL)
_GROUP = re.compile(r"[^/\x00-\x1f\x7f]{1,200}")
_GRANT = re.compile(r"[A-Za-z0-9][\w.:-]{0,99}", re.ASCII)
_PATTERN = re.compile(r"[\w*?\[\]!-]{1,100}", re.ASCII)
_PURPOSE = re.compile(r"[!-~](?:[ -~]{0,254}[!-~])?")
_FIELD = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,20}", re.ASCII)
_LONGEST_FIELDS, _LONGEST_PURPOSES = 2000, 1000
_MOST_REST = 200
_A_CONTRACT = "the full name of a gRPC service such as ndxp.population.v1.PopulationService"
_READ_ONLY = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS


class RegistryError(ValueError):
    """The registry would be inconsistent; the text says what is wrong, where, and what to do."""


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation and its subsystems, named by their last part ("one-stop").

    ``twins`` are those that may call what another one may, each with that other one, which stands before it.
    """

    id: _Id
    name: str
    groups: list[str] = []
    subsystems: list[str] = []
    disabled: bool = False
    twins: dict[str, str] = {}


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A contract that a subsystem offers at an address, ``host:port``.

    ``in_flight`` is how many calls at once each worker sends to it; half of them may be streams. ``rest`` are the REST
    services of the provider, each with its base URL by its code: only for the contract of REST services, whose address
    is that of the exchange's adapter.
    """

    provider: _Id
    contract: _Id
    address: _Id
    disabled: bool = False
    in_flight: Annotated[int, msgspec.Meta(ge=1)] = 2000
    rest: dict[str, str] = {}

    def listens_at(self, addresses: Mapping[str, str]) -> str:
        """Where it listens: ``addresses`` override the registered address, for REST services by their contract."""
        return addresses.get(self.contract if self.rest else self.provider, self.address)


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A right to call methods of a service.

    ``consumer`` is a subsystem, a member, ``group:NAME``, ``group:NAME/SUBSYSTEM`` or ``group:all``. ``methods`` are
    names or patterns such as ``Get*``. With ``purposes`` a call must state one of them. ``fields`` (paths of a
    google.protobuf.FieldMask) are the fields of the answer that are released; empty releases all. ``paths`` are the
    paths of REST services that may be called, or patterns such as ``/clinic/patients/*`` (see
    ``gateway.core.endpoints``); empty for all. ``valid_from`` and ``valid_until`` are dates or instants (see
    ``gateway.core.validity``). ``basis`` names the law, for people to read.
    """

    id: _Id
    consumer: _Id
    provider: _Id
    contract: _Id
    methods: Annotated[list[str], msgspec.Meta(min_length=1)]
    purposes: list[str] = []
    fields: list[str] = []
    paths: list[str] = []
    valid_from: str = ""
    valid_until: str = ""
    basis: Annotated[str, msgspec.Meta(max_length=500)] = ""

    def covers(self, method: str) -> bool:
        """Whether it includes the method with this name."""
        return any(fnmatchcase(method, pattern) for pattern in self.methods)

    def holds(self, now: float) -> bool:
        """Whether it is valid at this time, in seconds since 1970."""
        return validity.begin(self.valid_from) <= now < validity.end(self.valid_until)

    def reaches(self, path: str) -> bool:
        """Whether a call with this canonical path ("" for a call that needs none) may be made under it."""
        return not self.paths or any(endpoints.includes(pattern, path) for pattern in self.paths)

    def serves(self, purpose: str) -> bool:
        """Whether a call that states this purpose ("" for none) may be made under it."""
        return not self.purposes or purpose in self.purposes

    def terms(self, say: Speaker) -> str:
        """Its conditions (paths, purpose, fields, time, basis) in words; empty when it has none."""
        conditions = (
            (self.paths, say("for the paths {paths}", paths=", ".join(self.paths))),
            (self.fields, say("releases only {fields}", fields=", ".join(self.fields))),
            (self.purposes, say("for the purpose {purposes}", purposes=say(" or ").join(self.purposes))),
            (self.valid_from, say("from {time}", time=self.valid_from)),
            (self.valid_until, say("until {time}", time=self.valid_until)),
            (self.basis, say("basis {law}", law=self.basis)),
        )
        return "; ".join(words for given, words in conditions if given)


class Quota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many calls a consumer may make: in a second, at once after a pause, in a day (UTC; 0 for no limit).

    All workers share these limits; ``in_flight`` limits the calls at once in each worker.
    """

    rate: Annotated[float, msgspec.Meta(ge=0.001, le=1_000_000)] = 2000.0
    burst: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 4000
    daily: Annotated[int, msgspec.Meta(ge=0, le=10_000_000_000)] = 0
    in_flight: Annotated[int, msgspec.Meta(ge=1)] = 1000


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole registry, in the form of exchange.yaml. ``quotas`` are by subsystem, "default" for the others.

    ``faults`` are set on purpose, for tests and lessons.
    """

    instance: str
    members: list[Member] = []
    services: list[Service] = []
    grants: list[Grant] = []
    quotas: dict[str, Quota] = {}
    faults: list[Fault] = []


class Method(msgspec.Struct, frozen=True):
    """The kind of a method, from its descriptor."""

    client_streaming: bool
    server_streaming: bool
    read_only: bool

    @property
    def unary(self) -> bool:
        """One message each way."""
        return not (self.client_streaming or self.server_streaming)


def parse(data: object) -> Registry:
    """Builds a registry from plain data (read YAML or JSON); raises RegistryError that names the place."""
    try:
        registry = msgspec.convert(data, Registry)
    except msgspec.ValidationError as error:
        raise RegistryError(str(error)) from error
    check(registry)
    return registry


def check(registry: Registry, before: Iterable[Grant] = ()) -> None:
    """Raises RegistryError unless every identifier is well-formed, unique, and names something that exists.

    The terms of grants that are in ``before`` too were checked then.
    """
    _shaped("instance", _INSTANCE, registry.instance, "letters and digits such as VN")
    subsystems = _check_members(registry)
    offered: set[str] = set()
    for index, service in enumerate(registry.services):
        _known(f"services[{index}].provider", service.provider, subsystems)
        _shaped(f"services[{index}].contract", _CONTRACT, service.contract, _A_CONTRACT)
        _well_formed(f"services[{index}].address", Address.parse, service.address)
        _check_rest(f"services[{index}].rest", service)
        _unique(f"services[{index}]", f"{service.contract} of {service.provider}", offered)
    groups = groups_of(registry.members)
    ids: set[str] = set()
    checked = {id(grant) for grant in before}
    for index, grant in enumerate(registry.grants):
        _unique(f"grants[{index}]", grant.id, ids)
        if id(grant) not in checked:
            check_terms(f"grants[{index}]", grant)
        _known(f"grants[{index}].provider", grant.provider, subsystems)
        _shaped(f"grants[{index}].contract", _CONTRACT, grant.contract, _A_CONTRACT)
        if grant.consumer.startswith("group:"):
            _known(f"grants[{index}].consumer", grant.consumer[6:], groups)
        else:
            _known(f"grants[{index}].consumer", grant.consumer, subsystems)
    for consumer in registry.quotas:
        _known("quotas", consumer, subsystems | {"default"})
    _check_faults(registry, groups | subsystems, subsystems)


def _check_members(registry: Registry) -> set[str]:
    """Checks the members, and gives the names of members and subsystems."""
    names: set[str] = set()
    for index, member in enumerate(registry.members):
        place = f"members[{index}]"
        _well_formed(place, MemberId.parse, member.id)
        if not member.id.startswith(f"{registry.instance}/"):
            raise RegistryError(f"{place}: {member.id} is not of the instance {registry.instance}")
        _shaped(f"{place}.name", _NAME, member.name, "a name of at most 200 characters")
        for group in member.groups:
            # Without "/": a grant to "provinces/hospital" means the subsystem "hospital" of every province.
            _shaped(f"{place}.groups", _GROUP, group, "a group's name: at most 200 characters, none of them /")
        _unique(place, member.id, names)
        for name in member.subsystems:
            _well_formed(place, Subsystem.parse, f"{member.id}/{name}")
            _unique(place, f"{member.id}/{name}", names)
        for name, of in member.twins.items():
            if name not in member.subsystems or of not in member.subsystems[: member.subsystems.index(name)]:
                raise RegistryError(f"{place}.twins: {of[:64]!r} is no subsystem that stands before {name[:64]!r}")
    return names


def _check_faults(registry: Registry, consumers: set[str], subsystems: set[str]) -> None:
    if len(registry.faults) > faults.MOST:
        raise RegistryError(f"faults: {len(registry.faults)} rules; {faults.MOST} are allowed")
    ids: set[str] = set()
    for index, fault in enumerate(registry.faults):
        _unique(f"faults[{index}]", fault.id, ids)
        try:
            faults.check(f"faults[{index}]", fault, consumers, subsystems)
        except faults.FaultError as error:
            raise RegistryError(str(error)) from error


def groups_of(members: Iterable[Member]) -> set[str]:
    """The groups that grants may name: ``group``, or ``group/subsystem`` for that subsystem of each of its members."""
    groups = {"all"}
    for member in members:
        for group in (*member.groups, "all"):
            groups |= {group, *(f"{group}/{name}" for name in member.subsystems)}
    return groups


def check_change(before: Registry, after: Registry, contracts: Mapping[str, bytes]) -> None:
    """Raises RegistryError unless ``after`` is consistent and its new grants and faults fit the contracts known so far.

    Old ones are not compared with contracts again: a provider's new contract must not block changes of the registry.
    ``contracts`` are serialised FileDescriptorSets by full service name.
    """
    check(after, before.grants)
    kept = {grant.id: grant for grant in before.grants}
    for index, grant in enumerate(after.grants):
        if grant.contract in contracts and kept.get(grant.id) != grant:
            try:
                check_release(contracts[grant.contract], grant.contract, grant.methods, grant.fields)
            except ValueError as error:
                raise RegistryError(f"grants[{index}] ({grant.id}): {error}") from error
    rules = {fault.id: fault for fault in before.faults}
    for index, fault in enumerate(after.faults):
        if rules.get(fault.id) != fault and (wrong := pointless(after, fault, contracts)):
            raise RegistryError(f"faults[{index}] ({fault.id}).{wrong}")


def pointless(registry: Registry, fault: Fault, contracts: Mapping[str, bytes]) -> str:
    """Why no call can match a fault: the field, and that nobody offers what is in it. Empty when a call can.

    Methods are not compared while a contract that the fault is about is not described.
    """
    meant = {
        service.contract: contract_methods(contracts.get(service.contract, b""), service.contract)
        for service in registry.services
        if fault.provider in ("", service.provider) and fault.contract in ("", service.contract)
    }
    if not meant and fault.contract and all(service.contract != fault.contract for service in registry.services):
        return f"contract: nobody offers {fault.contract[:200]!r}; see `ndxp services`"
    if not meant and fault.provider:
        what = fault.contract or "a service"
        return f"provider: {fault.provider!r} does not offer {what}; see `ndxp services`"
    names = sorted(name for methods in meant.values() for name in methods or ())
    for pattern in fault.methods if all(meant.values()) else ():
        if not any(fnmatchcase(name, pattern) for name in names):
            alike = get_close_matches(pattern, names, n=1)
            what = fault.contract or fault.provider or "any service"
            return f"methods: no method of {what} fits {pattern!r}" + (f"; did you mean {alike[0]!r}?" if alike else "")
    return ""


@lru_cache(maxsize=256)
def contract_methods(files: bytes, contract: str) -> Mapping[str, Method] | None:
    """The methods of a contract in a serialised FileDescriptorSet; None when the set does not have it."""
    package, _, name = contract.rpartition(".")
    for file in descriptor_pb2.FileDescriptorSet.FromString(files).file:
        for service in file.service:
            if file.package == package and service.name == name:
                return {
                    method.name: Method(
                        client_streaming=method.client_streaming,
                        server_streaming=method.server_streaming,
                        read_only=method.options.idempotency_level == _READ_ONLY,
                    )
                    for method in service.method
                }
    return None


class Snapshot:
    """A registry at one version, arranged for look-ups; never changed, only replaced.

    ``contracts`` holds serialised FileDescriptorSets by full service name, as the providers' reflection gave them;
    ``purposes`` are the purposes of all grants, ``twins`` the subsystems that may call what another one may, with it.
    """

    def __init__(self, registry: Registry, contracts: Mapping[str, bytes], version: int = 0) -> None:
        self.registry = registry
        self.version = version
        self.contracts = MappingProxyType(dict(contracts))
        self.members = {member.id: member for member in registry.members}
        self.subsystems = {f"{m.id}/{name}": m for m in registry.members for name in m.subsystems}
        self.twins = {f"{m.id}/{name}": f"{m.id}/{of}" for m in registry.members for name, of in m.twins.items()}
        self.methods = {name: contract_methods(files, name) or {} for name, files in contracts.items()}
        self.providers: dict[str, dict[str, Service]] = {}
        for service in registry.services:
            self.providers.setdefault(service.contract, {})[service.provider] = service
        self.grants: dict[tuple[str, str], list[Grant]] = {}
        for grant in registry.grants:
            self.grants.setdefault((grant.provider, grant.contract), []).append(grant)
        self.faults = Faults(registry.faults)
        self.purposes = frozenset(purpose for grant in registry.grants for purpose in grant.purposes)
        moments = (t for g in registry.grants for t in (validity.begin(g.valid_from), validity.end(g.valid_until)))
        self._turns = [-inf, *sorted({moment for moment in moments if abs(moment) != inf}), inf]
        self._granted: dict[tuple[str, ...], Grant] = {}
        self._since = self._until = 0.0
        self._default_quota = registry.quotas.get("default", Quota())

    def names(self, client: str) -> frozenset[str]:
        """Every name that means this subsystem, or others with it; empty when it is not on the exchange."""
        member = self.subsystems.get(client)
        if member is None:
            return frozenset()
        name = client.rpartition("/")[2]
        groups = [*member.groups, "all"]
        return frozenset(
            {client, member_of(client), *(f"group:{g}" for g in groups), *(f"group:{g}/{name}" for g in groups)}
        )

    def consumers(self, client: str) -> frozenset[str]:
        """Every name by which a grant can include this subsystem, or the one that it is a twin of."""
        names, of = self.names(client), self.twins.get(client)
        return names | self.consumers(of) if of else names

    def granted(self, now: float) -> dict[tuple[str, ...], Grant]:
        """The grants that policy has found before; emptied when the validity of a grant begins or ends."""
        if not self._since <= now < self._until:
            self._granted.clear()
            place = bisect_right(self._turns, now)
            self._since, self._until = self._turns[place - 1], self._turns[place]
        return self._granted

    def quota(self, client: str) -> Quota:
        """The quota of a consumer: its own, or that of the subsystem that it is a twin of."""
        own, of = self.registry.quotas.get(client), self.twins.get(client)
        return self.quota(of) if own is None and of else own or self._default_quota

    def method(self, method: str) -> Method | None:
        """The kind of "package.Service/Method"; None while its contract is not known."""
        contract, _, name = method.partition("/")
        return self.methods.get(contract, {}).get(name)


def _well_formed(place: str, parse_id: type | object, text: str) -> None:
    try:
        parse_id(text)  # type: ignore[operator]
    except ValueError as error:
        raise RegistryError(f"{place}: {error}") from error


def _shaped(place: str, shape: re.Pattern[str], text: str, expected: str) -> None:
    if not shape.fullmatch(text):
        raise RegistryError(f"{place}: {text[:100]!r} is not {expected}")


def check_terms(place: str, grant: Grant) -> None:
    """Checks the id, methods, purposes, fields, paths and times of a grant.

    Raises RegistryError, whose text begins with ``place``.
    """
    _shaped(f"{place}.id", _GRANT, grant.id, "letters, digits and .:-_, at most 100")
    for pattern in grant.methods:
        _shaped(f"{place}.methods", _PATTERN, pattern, "a method's name or a pattern such as Get*")
    for purpose in grant.purposes:
        _shaped(f"{place}.purposes", _PURPOSE, purpose, "what x-ndxp-purpose can say: printable ASCII, at most 256")
    for path in grant.fields:
        _shaped(f"{place}.fields", _FIELD, path, "a path of fields in the answer such as citizen.full_name")
    if sum(map(len, grant.purposes)) > _LONGEST_PURPOSES:
        # A refusal lists all purposes, and metadata of more than 8 kB does not arrive.
        raise RegistryError(f"{place}.purposes: more than {_LONGEST_PURPOSES} characters; make several grants of it")
    if sum(map(len, grant.fields)) > _LONGEST_FIELDS:
        raise RegistryError(f"{place}.fields: more than {_LONGEST_FIELDS} characters; name a whole message instead")
    _check_paths(place, grant)
    _well_formed(f"{place}.valid_from", validity.begin, grant.valid_from)
    _well_formed(f"{place}.valid_until", validity.end, grant.valid_until)
    if validity.begin(grant.valid_from) >= validity.end(grant.valid_until):
        raise RegistryError(
            f"{place}: valid_until {grant.valid_until} comes before valid_from {grant.valid_from}: it would never hold"
        )


def _check_paths(place: str, grant: Grant) -> None:
    """Checks the paths of a grant, which only calls of REST services have; these have no fields to release."""
    if grant.contract != endpoints.CONTRACT:
        if grant.paths:
            raise RegistryError(f"{place}.paths: only a grant of {endpoints.CONTRACT} has paths")
        return
    if grant.fields:
        raise RegistryError(f"{place}.fields: the exchange cannot withhold fields in the answers of a REST service")
    for pattern in grant.paths:
        if wrong := endpoints.wrong_in_pattern(pattern):
            raise RegistryError(f"{place}.paths: {pattern[:100]!r} {wrong}")
    if sum(map(len, grant.paths)) > endpoints.LONGEST_PATTERNS:
        raise RegistryError(f"{place}.paths: more than {endpoints.LONGEST_PATTERNS} characters; make several grants")


def _check_rest(place: str, service: Service) -> None:
    """Checks the REST services of a provider: there are some exactly with the contract of REST services."""
    if service.contract != endpoints.CONTRACT:
        if service.rest:
            raise RegistryError(f"{place}: REST services belong to the contract {endpoints.CONTRACT}")
        return
    if not 0 < len(service.rest) <= _MOST_REST:
        raise RegistryError(f"{place}: {len(service.rest)} REST services; there must be 1 to {_MOST_REST}, CODE to URL")
    for code, url in service.rest.items():
        if wrong := endpoints.wrong_in_code(code):
            raise RegistryError(f"{place}: {code[:64]!r}: {wrong}")
        if wrong := endpoints.wrong_in_base_url(url):
            raise RegistryError(f"{place}.{code}: the base URL {wrong}")


def _unique(place: str, name: str, seen: set[str]) -> None:
    if name in seen:
        raise RegistryError(f"{place}: {name} is there twice")
    seen.add(name)


def _known(place: str, name: str, known: set[str]) -> None:
    if name not in known:
        raise RegistryError(
            _(
                "{place}: {name!r} is not among the members, subsystems or groups of this exchange",
                place=place,
                name=name,
            )
        )
