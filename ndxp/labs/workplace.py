"""What a lab has on an exchange: its subsystems, what they have called since the start, answers and files."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import randbits, token_hex
from typing import Any

from ndxp.admin import AdminApi
from ndxp.client import DEADLINE, BlockingExchange
from ndxp.sandbox.calls import Call, Calls, records_of
from ndxp.sandbox.nation import world
from ndxp.sandbox.operator import Operator
from ndxp.sandbox.twin import add_twins, remove_twins
from ndxp.subject import read_subject_key, subject_hash
from ndxp.world import Citizen

_COMPANIES, _ONLY = "VN/COM", "app"
"""Where a lab's own members are, and the name of the only subsystem of each."""

_HOURS = 12
"""How long the faults of a lab are on, if nobody ends it."""


class Workplace:
    """One attempt at a lab. Its checks read it, and its solution works in it.

    ``subsystems`` are the identifiers by role, ``since`` is the place of the ledger at the start, ``answers`` are what
    was answered to tasks, and ``folder`` is for files of the pupil. With ``once`` it reads each role's records once, as
    they are at the first look.
    """

    def __init__(
        self,
        operator: Operator,
        subsystems: Mapping[str, str],
        folder: Path,
        *,
        since: int = 0,
        values: Mapping[str, str] | None = None,
        answers: dict[str, str] | None = None,
        once: bool = False,
    ) -> None:
        self._operator = operator
        self.subsystems = subsystems
        self.folder = folder
        self.since = since
        self.values = dict(values or {})
        self.answers = {} if answers is None else answers
        self._once: dict[str, list[Mapping[str, Any]]] | None = {} if once else None

    @property
    def admin(self) -> AdminApi:
        """The admin API, with the operator's rights."""
        return self._operator.admin

    @property
    def run_folder(self) -> Path:
        """The run folder of the exchange."""
        return Path(self._operator.state.folder)

    @property
    def doors(self) -> str:
        """The URL of the doors for HTTP."""
        return self._operator.state.rest_url

    # What checks read

    def calls(self, role: str = "me", **conditions: Any) -> Calls:
        """The calls of a role since the start, from the ledger, the earliest first; see ``Calls.where``."""
        return Calls(map(Call.of, self.records(role))).where(**conditions)

    def records(self, role: str = "me") -> list[Mapping[str, Any]]:
        """The same calls as the ledger's records."""
        if self._once is not None and role in self._once:
            return self._once[role]
        if not self._once:  # else the ledger was waited for at the first look
            self._operator.recorded()
        found = list(records_of(self.admin, self.subsystems[role], self.since))
        if self._once is not None:
            self._once[role] = found
        return found

    def subject(self, number: str) -> str:
        """The keyed hash by which the ledger knows the citizen with this number."""
        return subject_hash(read_subject_key(Path(self._operator.state.credentials)), number)

    def answer(self, task: str) -> str:
        """What was answered to a task; empty before."""
        return self.answers.get(task, "")

    # What a start and a solution do

    def connect(self, role: str = "me", *, deadline: float = DEADLINE, retries: bool = False) -> BlockingExchange:
        """A channel to the gateway as a role; use it in a ``with`` statement."""
        state = self._operator.state
        return BlockingExchange(state.gateway, state.tokens(self.subsystems[role]), deadline=deadline, retries=retries)

    def people(self, count: int) -> list[Citizen]:
        """So many living citizens, others each time: what is done to them disturbs nobody else on the exchange."""
        return list(world().sample(count, randbits(32), alive=True))

    def fault(self, effects: str, *, role: str = "me", **conditions: Any) -> str:
        """Sets a fault for the calls of a role, with the conditions of the admin API; gives its id."""
        [fault] = self.faults({"do": effects, **conditions}, role=role)
        return fault

    def faults(self, *rules: Mapping[str, Any], role: str = "me") -> list[str]:
        """Sets faults for the calls of a role in one change, as the admin API has them; gives their ids."""
        until = (datetime.now(UTC) + timedelta(hours=_HOURS)).isoformat()
        body = [{"consumer": self.subsystems[role], "valid_until": until, **rule} for rule in rules]
        return [str(fault["id"]) for fault in self.admin.send("POST", "/faults", body=body)]

    def grant(self, role: str, provider: str, contract: str, methods: list[str], **terms: Any) -> str:
        """Grants methods to a role, with the terms of the admin API; gives the grant's id."""
        body = {
            "consumer": self.subsystems[role], "provider": provider, "contract": contract, "methods": methods, **terms,
        }  # fmt: skip
        return str(self.admin.send("POST", "/grants", body=body)["id"])

    def quota(self, role: str, **limits: float) -> None:
        """Sets the quota of a role: ``rate``, ``burst``, ``daily``, ``in_flight``."""
        self.admin.send("PUT", "/quotas", body={"consumer": self.subsystems[role], **limits})

    def settle(self) -> None:
        """Returns when every gateway knows what was changed."""
        self._operator.wait()


def add_subsystems(
    admin: AdminApi,
    number: str,
    roles: Mapping[str, str],
    members: Mapping[str, tuple[str, ...]],
    attempts: int = 1,
    **quota: float,
) -> list[dict[str, str]]:
    """Adds the subsystems of attempts at a lab; gives their identifiers by role for each. Raises AdminRefused.

    Their names are new each time: agencies remember whose request they have answered, and quotas who has called.
    ``quota`` is ``rate`` and ``burst``, in place of those of the role.
    """
    names = [token_hex(3) for _ in range(attempts)]
    wanted = [(of, f"lab{number}-{name}-{role}") for name in names for role, of in roles.items()]
    twins = iter(add_twins(admin, wanted, **quota))
    added = [{role: next(twins) for role in roles} for _ in names]
    for name, own in zip(names, added, strict=True):
        for role, groups in members.items():
            member = f"{_COMPANIES}/lab{number}-{name}-{role}"
            body = {"id": member, "name": f"Lab {number}: {role}", "groups": groups, "subsystems": [_ONLY]}
            own[role] = next(iter(admin.send("POST", "/members", body=body)["credentials"]))
    return added


def remove_subsystems(admin: AdminApi, subsystems: Iterable[str]) -> None:
    """Removes the subsystems of attempts, with their services, grants, quotas and faults.

    Those that are gone are no error. A member that was added for an attempt, with one subsystem, goes with it.
    """
    wanted, gone = set(subsystems), list[str]()
    for service in admin.get("/services"):
        if service["provider"] in wanted:
            offer = {"provider": service["provider"], "contract": service["contract"]}
            admin.send("DELETE", "/services", query=offer)
    for member in admin.get("/members"):
        there = [f"{member['id']}/{name}" for name in member["subsystems"]]
        if member["subsystems"] == [_ONLY] and wanted.issuperset(there):
            admin.send("DELETE", "/members", query={"member": member["id"]})
            continue
        gone += wanted.intersection(there)
    remove_twins(admin, gone)
