"""The results of a run: the only data that generator and judge exchange."""

from pathlib import Path

import msgspec

STOPPED = "stopped by hand"
"""The reason of a run that was ended by a person."""


class Series(msgspec.Struct, kw_only=True):
    """One kind of call, named by its method ("PopulationService/VerifyCitizen"), or a stage of one.

    ``planned`` counts calls that were due, ``dropped`` those of them that were not sent. ``statuses`` counts how the
    others ended, by ``CODE`` or ``CODE:REASON``; ``failures`` those that are not an expected business answer. The
    histograms are HDR, in the V2 compressed form in base64, in microseconds. For successful calls ``response`` counts
    from the intended time of sending and ``service`` from the actual one. ``failed`` is the response time of failures;
    it is kept apart, because a quick refusal says nothing about how long an answer takes.
    """

    planned: int = 0
    dropped: int = 0
    statuses: dict[str, int] = {}
    failures: int = 0
    response: str = ""
    service: str = ""
    failed: str = ""


class Second(msgspec.Struct, kw_only=True):
    """One second of the run.

    ``heat`` counts responses, including failures, by power-of-two bucket of milliseconds (0: below 1 ms). The
    percentiles are those of successful calls, None when there were none.
    """

    at: int
    planned: int = 0
    sent: int = 0
    finished: int = 0
    failed: int = 0
    dropped: int = 0
    in_flight: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None
    heat: dict[int, int] = {}


class Generator(msgspec.Struct, kw_only=True):
    """The health of one generator process, which decides whether its figures are valid.

    ``cpu`` is its share of one core (1.0 is a full core); lags are milliseconds by which its loop woke too late;
    ``late_p99_ms`` is the p99 of how long after their due time its calls were sent.
    """

    name: str
    pid: int = 0
    cpu: float = 0.0
    lag_p99_ms: float = 0.0
    lag_max_ms: float = 0.0
    late_p99_ms: float = 0.0
    in_flight_max: int = 0


class Results(msgspec.Struct, kw_only=True):
    """A whole run; times are seconds since 1970.

    ``run`` is a name that no other run has; the message ids of its calls begin with it.
    ``planned`` = ``sent`` + ``dropped``; ``sent`` = ``succeeded`` + failed. ``duration`` is for how many seconds calls
    were due: the whole schedule, or until the run was stopped. ``missing`` generators have disappeared; what became of
    their calls is unknown. ``gateway`` is where calls went: its address, or the URL of the doors for HTTP.
    """

    run: str = ""
    profile: str
    seed: int
    started: float
    ended: float
    duration: float = 0.0
    gateway: str
    planned: int = 0
    sent: int = 0
    dropped: int = 0
    succeeded: int = 0
    aborted: str = ""
    missing: int = 0
    series: dict[str, Series] = {}
    seconds: list[Second] = []
    generators: list[Generator] = []
    transactions: list[str] = []
    """Files with the transaction ids of all answers, one a line: ``ID STATUS METHOD``."""


def read(path: Path) -> Results:
    """Reads a results file; raises OSError or msgspec.ValidationError."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def write(results: Results, path: Path) -> None:
    """Writes a results file."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results)))
