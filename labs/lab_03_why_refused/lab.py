"""Lab 3: ten calls are refused; each is done when the ledger has the refusal, and after it an answer."""

from collections.abc import Callable

from ndxp.labs import Lab, Task, Verdict, Workplace, right, wrong
from ndxp.sandbox.calls import Call

_POPULATION, _CONTRACT = "VN/GOV/G01/population", "ndxp.population.v1.PopulationService"


def prepare(place: Workplace) -> dict[str, str]:
    """A grant that has ended, a quota that is nearly nothing, two faults, and a citizen with an application to make."""
    place.grant(
        "press", _POPULATION, _CONTRACT, ["GetCitizen"],
        purposes=["press accreditation"], fields=["citizen.full_name"], valid_until="2023-12-31",
    )  # fmt: skip
    place.quota("busy", rate=0.01, burst=1)
    fault = place.fault("code=UNAVAILABLE", provider=_POPULATION, methods=["ListHousehold"])
    place.fault("delay=800ms", provider=_POPULATION, methods=["GetCitizen"])
    [person] = place.people(1)
    return {
        "number": person.number, "name": person.full_name, "birth": person.birth_date.isoformat(), "fault": fault,
    }  # fmt: skip


def _repaired(role: str, refused: Callable[[Call], bool], method: str, why: str) -> Callable[[Workplace], Verdict]:
    """A check that the ledger has such a refusal of a role, and after it an answer to the method."""

    def check(place: Workplace) -> Verdict:
        calls = place.calls(role)
        first = next((at for at, call in enumerate(calls) if refused(call)), None)
        subsystem = place.subsystems[role]
        if first is None:
            return wrong(
                f"the ledger has no call of {subsystem} that was refused with {why}",
                f"sổ cái chưa có lời gọi nào của {subsystem} bị từ chối với {why}",
            )
        if any(call.method == method and call.code == "OK" for call in calls[first:]):
            return right(f"{why}, and then an answer to {method}", f"{why}, sau đó {method} được trả lời")
        return wrong(
            f"after {why} the ledger has no {method} of {subsystem} that was answered",
            f"sau {why}, sổ cái chưa có lời gọi {method} nào của {subsystem} được trả lời",
        )

    return check


def _reason(role: str, method: str, reason: str) -> Callable[[Workplace], Verdict]:
    """A check that the method was refused for this reason, and answered after it."""
    return _repaired(role, lambda call: call.method == method and call.reason == reason, method, reason)


LAB = Lab(
    minutes=40,
    for_class=True,
    roles={
        "me": "VN/GOV/H26/one-stop",
        "hospital": "VN/GOV/H26/hospital",
        "press": "VN/GOV/G27/lgsp",
        "busy": "VN/GOV/H26/one-stop",
    },
    tasks=(
        Task(
            "method",
            _repaired("me", lambda call: call.reason == "UNKNOWN_SERVICE", "VerifyCitizen", "UNKNOWN_SERVICE"),
        ),
        Task("provider", _reason("me", "GetPunctuality", "UNKNOWN_PROVIDER")),
        Task("access", _reason("press", "VerifyCitizen", "ACCESS_DENIED")),
        Task("purpose", _reason("hospital", "GetCitizen", "PURPOSE_REQUIRED")),
        Task("ended", _reason("press", "GetCitizen", "ACCESS_DENIED")),
        Task("form", _reason("me", "VerifyCitizen", "BIRTH_DATE_MALFORMED")),
        Task("unknown", _reason("me", "GetApplication", "APPLICATION_UNKNOWN")),
        Task("quota", _reason("busy", "VerifyCitizen", "QUOTA_EXCEEDED")),
        Task("fault", _reason("me", "ListHousehold", "FAULT_INJECTED")),
        Task(
            "deadline",
            _repaired(
                "me", lambda call: call.method == "GetCitizen" and call.code == "DEADLINE_EXCEEDED", "GetCitizen",
                "DEADLINE_EXCEEDED",
            ),
        ),
    ),
    prepare=prepare,
)  # fmt: skip
