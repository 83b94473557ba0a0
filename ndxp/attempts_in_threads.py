"""Sends calls again as ``ndxp.retries`` decides, for callers in threads."""

import threading
import time
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Self

import grpc

from ndxp.attempts import is_final, named, numbered, pause_after
from ndxp.retries import Attempts, Policy
from ndxp.wire.metadata import Pairs


class RepeatingChannel(grpc.Channel):
    """A channel that sends calls with one request again.

    ``deadline`` is that of a unary call without one, in seconds. ``future`` of a unary method sends its call once,
    because nobody waits in it.
    """

    def __init__(self, channel: grpc.Channel, policy: Policy, deadline: float) -> None:
        self._channel = channel
        self._policy = policy
        self._deadline = deadline

    def subscribe(self, callback: Any, try_to_connect: bool | None = False) -> None:
        """See grpc.Channel."""
        self._channel.subscribe(callback, bool(try_to_connect))

    def unsubscribe(self, callback: Any) -> None:
        """See grpc.Channel."""
        self._channel.unsubscribe(callback)

    def unary_unary(self, method: str, *args: Any, **options: Any) -> Any:
        """See grpc.Channel."""
        return _Unary(self._channel.unary_unary(method, *args, **options), method, self._policy, self._deadline)

    def unary_stream(self, method: str, *args: Any, **options: Any) -> Any:
        """See grpc.Channel."""
        return _Stream(self._channel.unary_stream(method, *args, **options), method, self._policy, self._deadline)

    def stream_unary(self, *args: Any, **options: Any) -> Any:
        """See grpc.Channel."""
        return self._channel.stream_unary(*args, **options)

    def stream_stream(self, *args: Any, **options: Any) -> Any:
        """See grpc.Channel."""
        return self._channel.stream_stream(*args, **options)

    def close(self) -> None:
        """See grpc.Channel."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Method:
    def __init__(self, way: Any, path: str, policy: Policy, deadline: float) -> None:
        self._way = way
        self._path = path
        self._policy = policy
        self._deadline = deadline

    def _attempts(self, request: Any, timeout: float | None) -> Attempts:
        within = self._deadline if timeout is None else timeout
        return self._policy.begin(self._path, (request,), time.monotonic() + within)


class _Unary(_Method):
    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.with_call(*args, **options)[0]

    def with_call(
        self, request: Any, timeout: float | None = None, metadata: Pairs | None = None, *args: Any, **options: Any
    ) -> tuple[Any, Any]:
        attempts = self._attempts(request, timeout)
        pairs = named(metadata, attempts)

        def send(way: Any) -> Any:
            own = numbered(pairs, attempts.next())
            return way(request, attempts.ends - time.monotonic(), own, *args, **options)

        while True:
            try:
                if attempts.hedge is None:
                    answer, call = send(self._way.with_call)
                else:
                    call = _first(attempts, attempts.hedge, partial(send, self._way.future))
                    answer = call.result()
            except grpc.RpcError as error:
                pause = pause_after(error, attempts)
                if pause is None:
                    raise
            else:
                attempts.answered()
                return answer, call
            time.sleep(pause)

    def future(self, *args: Any, **options: Any) -> Any:
        return self._way.future(*args, **options)


class _Stream(_Method):
    def __call__(
        self, request: Any, timeout: float | None = None, metadata: Pairs | None = None, *args: Any, **options: Any
    ) -> Any:
        attempts = self._attempts(request, timeout)
        pairs = named(metadata, attempts)

        def send() -> Any:
            own = numbered(pairs, attempts.next())
            left = None if timeout is None else attempts.ends - time.monotonic()
            return self._way(request, left, own, *args, **options)

        return _Answers(attempts, send)


class _Answers:
    """The answers of a call that is sent again when it fails before the first one; otherwise it is that call."""

    def __init__(self, attempts: Attempts, send: Callable[[], Any]) -> None:
        self._attempts = attempts
        self._send = send
        self._cancelled = threading.Event()
        self._begun = False
        self._call = send()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        while not self._begun:
            try:
                answer = next(self._call)
            except StopIteration:
                self._begun = True
            except grpc.RpcError as error:
                pause = pause_after(error, self._attempts)
                if pause is None or self._cancelled.wait(pause):
                    self._begun = True
                    raise
                self._call = self._send()
                if self._cancelled.is_set():
                    self._call.cancel()
            else:
                self._begun = True
                self._attempts.answered()
                return answer
        return next(self._call)

    def cancel(self) -> Any:
        self._cancelled.set()
        return self._call.cancel()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


def _first(attempts: Attempts, delay: float, send: Callable[[], Any]) -> Any:
    """The call that is answered first, of one and a copy that is sent when there is no answer after ``delay``."""
    ended: SimpleQueue[Any] = SimpleQueue()
    calls = []

    def begin() -> None:
        call = send()
        calls.append(call)
        call.add_done_callback(ended.put)

    try:
        begin()
        try:
            call = ended.get(timeout=delay)
        except Empty:
            if attempts.may_copy():
                begin()
            call = ended.get()
            if len(calls) > 1 and not is_final(call.exception()):
                call = ended.get()
        return call
    finally:
        for each in calls:
            each.cancel()  # does nothing to a call that has ended
