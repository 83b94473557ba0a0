"""The load test as a locustfile for Locust's own command: ``locust -f "$(ndxp load locustfile)"``.

One user is one slot of the schedule: ``-u 4`` splits it into four, ``--processes 2`` uses two processes. With other
User classes (``-f locustfile.py,own_user.py``) only our own users are slots. A run begins when all slots are ready and
ends by itself at the end of its schedule.
"""

import locust.runners  # isort: skip  (first: locust patches the standard library for gevent)
import locust.stats  # isort: skip

import logging
import socket
import sys
import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from locust import User, events, task
from locust.exception import StopUser
from locust.runners import LocalRunner, MasterRunner, WorkerNode, WorkerRunner

from ndxp.client import TokenRefused
from ndxp.sandbox.state import FOLDER, NoSandbox, State
from ndxp.tree import bring

bring("loadtest")  # from the folder of this file: the user's working folder may have a package of the same name

from loadtest import conductor, profiles, remote
from loadtest.arrivals import Curve
from loadtest.conductor import Conductor
from loadtest.consumers import ExchangeUnreachable
from loadtest.histograms import make_tables_exact
from loadtest.line import Order
from loadtest.profiles import BadProfile, Profile
from loadtest.remote import RemoteWorker
from loadtest.results import STOPPED, Results

_BAD_INPUT = (BadProfile, NoSandbox, ExchangeUnreachable, TokenRefused, OSError)
_USAGE = 2
_BEATS = 30
"""Heartbeats, one a second, that a worker may miss before it counts as lost. Locust's three are too few for a busy
machine: the results of a living worker would be lost."""

PROFILE = "ndxp-average"
"""The default for --profile (a name, or a YAML file)."""


@dataclass(slots=True)
class _Process:
    """The roles of this process: conductor (master), worker, or both (without distribution)."""

    conductor: Conductor | None = None
    worker: RemoteWorker | None = None
    exit_code: int = 0


_here = _Process()


class Slot(User):
    """One slot of the schedule."""

    @task
    def follow(self) -> None:
        """The whole schedule of this slot."""
        if _here.worker is not None:
            _here.worker.run_slot()
        raise StopUser


def add_arguments(parser: Any, **_: Any) -> None:
    """Adds the load test's own arguments. Locust already has --profile, to group runs; here it names the load profile.

    Bad input is refused while the arguments are read, because after that Locust forks its worker processes.
    """
    parser.parse_args = partial(_parse, parser.parse_args)
    group = parser.add_argument_group("NDXP load test")
    group.add_argument(
        "--rate", type=_from_zero, default=0.0, help="Mean rate in requests a second; 0: the profile's own."
    )
    group.add_argument(
        "--compress", type=_above_zero, default=1.0, help="Shortens the time, not the rates; 144: a day in 10 minutes."
    )
    group.add_argument(
        "--duration", type=_from_zero, default=0.0, help="Seconds; 0: as long as the profile. Same as --run-time."
    )
    group.add_argument("--slo", default="", help="YAML file of objectives, instead of the profile's.")
    group.add_argument("--seed", type=int, default=2023, help="Seed of citizens, order and arrivals.")
    group.add_argument("--folder", default=str(FOLDER), help="Run folder of the exchange.")
    group.add_argument("--http", action="store_true", help="Calls in JSON through the doors for HTTP; no streams.")
    group.add_argument("--results", default="", help="File for the results (JSON); transaction ids go beside it.")
    group.add_argument("--progress", default="", help="File for the progress, one JSON line a second.")


def _parse(read: Callable[..., Namespace], *arguments: Any, **more: Any) -> Namespace:
    """Reads the arguments and adapts them to a run that begins by itself."""
    options = read(*arguments, **more)
    own = not options.user_classes or Slot.__name__ in options.user_classes
    if own and (options.headless or options.autostart) and not options.worker:
        if options.run_time:  # the schedule decides how long the run takes
            options.duration, options.run_time = float(options.run_time), None
        options.load_profile = options.profile or PROFILE
        try:
            _look_ahead(options)
        except _BAD_INPUT as error:
            _say(str(error))
            sys.exit(_USAGE)
    return options


def set_up(environment: Any, runner: Any, **_: Any) -> None:
    """Sets the roles of this process, and makes enough users for a slot in each worker."""
    make_tables_exact(locust.stats)
    locust.runners.HEARTBEAT_LIVENESS = _BEATS
    logging.getLogger("httpx").setLevel(logging.WARNING)
    environment.events.quitting.add_listener(close)  # called in reverse order, so before Locust leaves its master
    options = environment.parsed_options
    if not isinstance(runner, WorkerRunner):
        conductor.listen(runner, lambda: _here.conductor)
        if Slot in environment.user_classes and (options.headless or options.autostart):
            workers = getattr(options, "expect_workers", 1)
            options.num_users = options.num_users or workers * len(environment.user_classes)
            options.spawn_rate = options.spawn_rate or options.num_users
    if not isinstance(runner, MasterRunner):
        remote.listen(runner, lambda: _here.worker)


def start(environment: Any, **_: Any) -> None:
    """Sets up a run: first the conductor, then the worker, which asks the conductor for slots."""
    runner, options = environment.runner, environment.parsed_options
    _here.exit_code = 0
    if Slot not in runner.user_classes:  # a test without our users
        return
    if not isinstance(runner, WorkerRunner):
        options.load_profile = options.profile or PROFILE  # Locust sends its workers only options that are not its own
        try:
            _here.conductor = _make_conductor(environment, options)
        except _BAD_INPUT as error:
            _refuse(environment, str(error))
            return
        if isinstance(runner, MasterRunner):
            gevent.spawn(_watch_workers, runner, _here.conductor)
    if not isinstance(runner, MasterRunner):
        try:
            _here.worker = _make_worker(environment, options)
        except _BAD_INPUT as error:
            _here.worker = None
            runner.send_message("ndxp_failed", {"reason": str(error)})


def stop(environment: Any, **_: Any) -> None:
    """Ends the run when Locust stops: calls under way are awaited, and the results are written."""
    if _here.conductor is not None:
        _here.conductor.close("" if environment.parsed_options.run_time else STOPPED)


def close(environment: Any, **_: Any) -> None:
    """Ends the run and sets the exit code: our own for bad input, else Locust's, by ``--exit-code-on-error``."""
    stop(environment)
    if _here.worker is not None:
        _here.worker.close()
        _here.worker = None
    options, runner = environment.parsed_options, environment.runner
    failed = options.exit_code_on_error if runner.errors or runner.exceptions else 0
    environment.process_exit_code = _here.exit_code or failed


def _look_ahead(options: Namespace) -> tuple[Profile, Curve, State]:
    """The profile, schedule and exchange of the arguments; also checks that the gateway can be reached."""
    profile, curve = _load(options, Path(options.slo) if options.slo else None)
    state = State.running(Path(options.folder))
    host, _, port = state.gateway.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError as error:
        raise ExchangeUnreachable(f"the gateway at {state.gateway} does not answer: {error}") from error
    _doors(options, state)
    return profile, curve, state


def _doors(options: Namespace, state: State) -> str:
    """The URL of the doors for HTTP, if calls go through them; empty for gRPC."""
    if options.http and not state.rest_url:
        raise NoSandbox(
            f"where the doors for HTTP are is not known in {state.folder}; name them: ndxp attach --rest URL"
        )
    return state.rest_url if options.http else ""


def _load(options: Namespace, slo_file: Path | None = None) -> tuple[Profile, Curve]:
    profile = profiles.load(options.load_profile, slo_file, http=options.http)
    return profile, profile.schedule(
        rate=options.rate or None, compress=options.compress, duration=options.duration or None
    )


def _make_conductor(environment: Any, options: Namespace) -> Conductor:
    profile, curve, state = _look_ahead(options)
    runner = environment.runner
    slots = _slots(runner)
    if not slots:
        users = runner.target_user_count
        raise BadProfile(f"none of {users} users is a slot of the schedule beside the other User classes: raise -u")
    now = time.time()
    run: Conductor

    def send(message: str, data: Any, to: str | None) -> None:
        runner.send_message(message, data, to)

    def ended() -> None:
        if run.failure:
            _refuse(environment, run.failure)
        else:
            gevent.spawn(_end, environment)

    run = Conductor(
        profile,
        Results(
            run=f"load-{time.time_ns():x}",
            profile=profile.name,
            seed=options.seed,
            started=now,
            ended=now,
            duration=curve.duration,
            gateway=_doors(options, state) or state.gateway,
        ),
        slots,
        send=send,
        ended=ended,
        results_file=Path(options.results) if options.results else None,
        progress_file=Path(options.progress) if options.progress else None,
    )
    return run


def _make_worker(environment: Any, options: Namespace) -> RemoteWorker:
    """Makes the part that calls; on another machine than the exchange's, ``--folder`` is a copy of its run folder."""
    profile, curve = _load(options)
    folder, runner = Path(options.folder), environment.runner
    state = State.running(folder) if isinstance(runner, LocalRunner) else State.read(folder)
    if state is None:
        raise NoSandbox(f"no exchange in {folder}; start one with `ndxp up -d`, or name its folder with --folder")
    results = Path(options.results) if options.results else None
    order = Order(
        profile=profile,
        curve=curve,
        compress=options.compress,
        seed=options.seed,
        gateway=state.gateway,
        doors=_doors(options, state),
        transactions=str(results.with_suffix(f".{runner.worker_index}.transactions")) if results else None,
    )

    kind = "http" if order.doors else "grpc"

    def note(answer: tuple[str, str, bool, int, float]) -> None:
        series, status, failed, size, response = answer
        environment.events.request.fire(
            request_type=kind,
            name=series,
            response_time=response * 1000,
            response_length=size,
            exception=_Failed(status) if failed else None,
            context={},
        )

    def note_dropped(series: str) -> None:
        environment.stats.log_error(kind, series, "dropped: too many calls under way")

    def send(message: str, data: Any) -> None:
        if message == "ndxp_done" and isinstance(runner, WorkerRunner):
            _report_to_tables(environment, runner)
        runner.send_message(message, data)

    return RemoteWorker(order, options.folder, send, note, note_dropped)


def _slots(runner: Any) -> int:
    """How many of the run's users are slots: the dispatcher divides users among User classes by weight."""
    count = runner.target_user_count
    dispatcher = runner.environment.dispatcher_class([WorkerNode("any")], runner.user_classes)
    dispatcher.new_dispatch(count, count)
    users: dict[str, int] = {}
    for by_worker in dispatcher:
        users = by_worker["any"]
    return users.get(Slot.__name__, 0)


class _Failed(Exception):
    """A failure in Locust's tables, by its status."""


def _report_to_tables(environment: Any, runner: WorkerRunner) -> None:
    """Sends Locust's own report before our last message: a master that leaves waits only half a second after that."""
    report: dict[str, Any] = {}
    environment.events.report_to_master.fire(client_id=runner.client_id, data=report)
    runner.send_message("stats", report)


def _watch_workers(runner: Any, run: Conductor) -> None:
    """Tells the conductor which workers have disappeared."""
    seen: set[str] = set()
    while _here.conductor is run and not run.over:
        now = {client.id for client in runner.clients.ready + runner.clients.spawning + runner.clients.running}
        for gone in seen - now:
            run.lost(gone)
        seen |= now
        gevent.sleep(1)


def _refuse(environment: Any, reason: str) -> None:
    if environment.parsed_options.headless:
        _say(reason)
    else:
        logging.error("load test: %s", reason)  # the web page shows it among its logs
    _here.exit_code = _USAGE
    gevent.spawn(_end, environment)


def _say(reason: str) -> None:
    print(f"load test: {reason}", file=sys.stderr)  # noqa: T201


def _end(environment: Any) -> None:
    """Ends Locust's run when ours is over: quits if headless; the web page stays."""
    options, runner = environment.parsed_options, environment.runner
    if options.headless:
        runner.quit()
        return
    runner.stop()
    if options.autostart and options.autoquit != -1:
        gevent.sleep(options.autoquit)
        runner.quit()
        environment.web_ui.stop()


def _from_zero(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ArgumentTypeError(f"{text} is not a number from 0 on")
    return value


def _above_zero(text: str) -> float:
    if _from_zero(text) == 0:
        raise ArgumentTypeError(f"{text} is not above 0")
    return float(text)


_hooks: Any = events
_hooks.init_command_line_parser.add_listener(add_arguments)
_hooks.init.add_listener(set_up)
_hooks.test_start.add_listener(start)
_hooks.test_stopping.add_listener(stop)
_hooks.test_stop.add_listener(close)
