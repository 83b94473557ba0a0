"""``grpc.health.v1`` at the gateway's port, for everybody: waits are short, and slow readers block nothing."""

from collections import Counter

from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2

from gateway.dataplane.deadlines import Deadlines
from gateway.dataplane.local import LocalCall
from ndxp.errors import Code
from ndxp.http2 import Stream

Status = health_pb2.HealthCheckResponse

CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
PATIENCE = 2.0
"""Seconds within which the request must arrive; a normal client sends it together with the headers."""

MOST = 100
"""Requests under way on one connection, including watches; more are refused."""


class Health:
    """The health of the services, and its watchers."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._states: dict[str, int] = {}
        self._watching: dict[_Question, str] = {}
        self._under_way: Counter[object] = Counter()
        self._ended = False

    def set(self, service: str, state: int) -> None:
        """Sets the health of a service, "" for the worker itself."""
        if not self._ended and state != self._states.get(service):
            self._say(service, state)

    def end(self) -> None:
        """Sets everything to NOT_SERVING for good."""
        self._ended = True
        for service in list(self._states):
            self._say(service, Status.NOT_SERVING)

    def state(self, service: str) -> int | None:
        """How a service is; None when it is not known."""
        return self._states.get(service)

    def accept(self, stream: Stream, connection: object, within: float, *, watch: bool) -> LocalCall:
        """Takes a question; ``within`` is the longest that a watch may last, in seconds."""
        return _Question(self, stream, self._deadlines, connection, within, watch=watch)

    def enter(self, connection: object) -> bool:
        """Counts a question on its connection; whether there may be one more."""
        if self._under_way[connection] >= MOST:
            return False
        self._under_way[connection] += 1
        return True

    def leave(self, question: "_Question", connection: object) -> None:
        """The question is over."""
        self._watching.pop(question, None)
        self._under_way[connection] -= 1
        if not self._under_way[connection]:
            del self._under_way[connection]

    def watch(self, question: "_Question", service: str) -> None:
        """Reports changes of a service to the request from now on."""
        self._watching[question] = service

    def _say(self, service: str, state: int) -> None:
        self._states[service] = state
        for question, watched in list(self._watching.items()):
            if watched == service:
                question.ready()


class _Question(LocalCall):
    def __init__(
        self, health: Health, stream: Stream, deadlines: Deadlines, connection: object, within: float, *, watch: bool
    ) -> None:
        super().__init__(stream, deadlines)
        self._health = health
        self._connection = connection
        self._within = within
        self._watch = watch
        self._service: str | None = None
        self._told: int | None = None
        self._counted = health.enter(connection)
        if self._counted:
            deadlines.add(self, deadlines.now() + PATIENCE)
        else:
            self.end(Code.RESOURCE_EXHAUSTED, f"{MOST} requests for health are under way on this connection")

    def received(self, message: bytes) -> None:
        if self._service is not None:
            return
        try:
            service = self._service = health_pb2.HealthCheckRequest.FromString(message).service
        except DecodeError:
            self.end(Code.INVALID_ARGUMENT, "the request is no HealthCheckRequest")
            return
        if self._watch:
            self._deadlines.add(self, self._deadlines.now() + self._within)
            self._health.watch(self, service)
            self.ready()
            return
        state = self._health.state(service)
        if state is None:
            self.end(Code.NOT_FOUND)
        else:
            self.say(Status(status=state).SerializeToString())
            self.end()

    def said_all(self) -> None:
        if self._service is None:
            self.end(Code.INVALID_ARGUMENT, "the request is no HealthCheckRequest")

    def ready(self) -> None:
        """Sends the health of the service if it has changed; a slow reader gets only the latest state."""
        if self._service is not None and not self.waits:
            state = self._health.state(self._service)
            state = Status.SERVICE_UNKNOWN if state is None else state
            if state != self._told:
                self._told = state
                self.say(Status(status=state).SerializeToString())

    def overdue(self) -> None:
        if self._service is None:
            self.end(Code.DEADLINE_EXCEEDED, f"the request was not there within {PATIENCE:g} s")
        elif self.waits:
            self.cancel()
        else:
            super().overdue()

    def over(self) -> None:
        super().over()
        if self._counted:
            self._counted = False
            self._health.leave(self, self._connection)
