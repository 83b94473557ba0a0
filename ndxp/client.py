"""The consumer's half: a channel to the gateway that carries the member's identity and a deadline."""

import asyncio
import inspect
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, Self

import grpc

from ndxp.attempts import interceptors, policy_of
from ndxp.attempts_in_threads import RepeatingChannel
from ndxp.errors import Code
from ndxp.identifiers import in_slashes
from ndxp.language import _
from ndxp.retries import Retries
from ndxp.wire import metadata, status
from ndxp.wire.streams import keep_status
from ndxp.wire.tls import CertificateMissing, Tls, certificates_of_class, connect, connect_aio, pinned
from ndxp.wire.tracing import tracer

if TYPE_CHECKING:
    import httpx

    from ndxp.wire.spans import Span

DEADLINE = 10.0
"""Seconds that a unary call may take unless the caller says otherwise."""

MAX_MESSAGE = 16 * 1024 * 1024
"""Largest message, in bytes."""

OPTIONS = (
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2000),
    ("grpc.max_reconnect_backoff_ms", 5000),
)
"""Channel options: message size, a connection of its own for each channel (grpc/grpc#25062), and a gateway that was
away, or had no address yet, is found again within seconds (2 for an attempt to connect, 5 between two at most); gRPC
itself would wait for up to two minutes."""

TLS_FOLDER = "tls"
"""Where certificates are, beside a credentials file."""

_REFRESH_AT = 0.8
_RETRY = 1.0
_FEW = 12
"""So many subsystems are named when another one was wanted."""


class TokenRefused(Exception):
    """The exchange gave no token; the text says why, without the secret."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a subsystem shows: its secret, to get a token, and its certificate where the exchange has TLS.

    ``secret`` is left out of ``repr``. ``of_class`` is what the console of a class must show, if tokens come from it.
    """

    client_id: str
    secret: str = field(repr=False)
    tls: Tls | None = None
    of_class: bytes = field(default=b"", repr=False)

    @classmethod
    def load(cls, path: Path, client_id: str) -> Self:
        """Reads the secret of ``client_id`` from a credentials file; raises TokenRefused when it has none.

        ``client_id`` may have NDXP's form.
        Its certificate is in the folder ``tls`` beside that file, if there is one, or whom to trust at the front.
        """
        try:
            secrets = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TokenRefused(_("cannot read credentials from {path}: {error}", path=path, error=error)) from error
        client_id = in_slashes(client_id)
        if client_id not in secrets:
            raise TokenRefused(_lacking(path, client_id, [name for name in secrets if "/" in name]))
        folder, secret = path.parent / TLS_FOLDER, secrets[client_id]
        of_class = certificates_of_class(folder)
        try:
            return cls(client_id, secret, Tls.load(folder, client_id), of_class)
        except CertificateMissing:
            return cls(client_id, secret, Tls.front(folder), of_class)


def _lacking(path: Path, client: str, others: Sequence[str]) -> str:
    if 0 < len(others) <= _FEW:
        known = ", ".join(others)
        return _("{path} has no credentials of {client}, only of {others}", path=path, client=client, others=known)
    return _("{path} has no credentials of {client}; `ndxp members` lists the members", path=path, client=client)


class Tokens:
    """Gets and keeps the access token of one subsystem, for asyncio and for threads alike.

    A token that cannot be renewed is used until it expires; after a failure the exchange is left alone for a second.
    ``client`` is whose they are, ``tls`` what to connect with: the exchange has TLS when its control process has, or
    its load balancer alone.
    """

    def __init__(self, control_url: str, credentials: Credentials) -> None:
        self._url = f"{control_url.rstrip('/')}/oauth2/token"
        self._credentials = credentials
        self.client = credentials.client_id
        tls = credentials.tls
        self._mutual = tls if tls and tls.own and control_url.startswith("https") else None
        self.tls = tls if tls and not tls.own else self._mutual
        self._token = ""
        self._refresh_at = self._expires_at = float("-inf")
        self._failure = ""
        self._lock = threading.Lock()

    def blocking(self) -> str:
        """The token; asks the exchange when there is none or it is about to expire. Raises TokenRefused."""
        with self._lock:
            now = time.monotonic()
            if now >= self._refresh_at:
                try:
                    self._refresh()
                except TokenRefused as error:
                    self._refresh_at = now + _RETRY
                    self._failure = str(error)
                    if now >= self._expires_at:
                        self._token = ""
            if not self._token:
                raise TokenRefused(self._failure)
            return self._token

    async def get(self) -> str:
        """The token, without blocking the event loop. Raises TokenRefused."""
        if self._token and time.monotonic() < self._refresh_at:
            return self._token
        return await asyncio.to_thread(self.blocking)

    def _refresh(self) -> None:
        import httpx  # here: it takes 50 ms, and many processes never ask for a token

        from ndxp import proxies

        identity = (self._credentials.client_id, self._credentials.secret)
        # Certificates are read where they are needed only: it takes longer than the rest of the request.
        secure: SSLContext | bool = self._url.startswith("https")
        if secure and self._credentials.of_class:
            secure = pinned(self._credentials.of_class)
        elif self._mutual:
            secure = self._mutual.https()
        form = {"grant_type": "client_credentials"}
        try:
            # A proxy of the environment is for https of public authorities: it would read the secret otherwise.
            with proxies.client(timeout=5, verify=secure, trust_env=secure is True) as http:
                answer = http.post(self._url, auth=identity, data=form)
            if answer.status_code != httpx.codes.OK:
                raise TokenRefused(
                    _("{url} refused {client}: {why}", url=self._url, client=self.client, why=_why(answer))
                )
            body = answer.json()
            token, life = str(body["access_token"]), float(body["expires_in"])
        except proxies.ProxyUnusable as error:
            raise TokenRefused(str(error)) from error
        except httpx.HTTPError as error:
            raise TokenRefused(
                _("no answer from {url}: {error}; does the exchange run? (`ndxp status`)", url=self._url, error=error)
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise TokenRefused(
                _("{url} does not answer like an exchange ({error})", url=self._url, error=type(error).__name__)
            ) from error
        now = time.monotonic()
        self._token, self._expires_at, self._refresh_at = token, now + life, now + _REFRESH_AT * life


class Exchange:
    """The exchange for asyncio callers.

    Use as ``async with Exchange(target, tokens) as exchange: PopulationServiceStub(exchange.channel)``.
    A call that failed is sent again where that changes nothing twice; ``retries=False`` sends each call once.
    """

    def __init__(
        self, target: str, tokens: Tokens, *, deadline: float = DEADLINE, retries: Retries | bool = True
    ) -> None:
        identity = _Identity(tokens, deadline)
        self.channel = connect_aio(
            target,
            tokens.tls,
            OPTIONS,
            [
                *interceptors(policy_of(retries), deadline),
                *(_UnaryUnary(identity), _UnaryStream(identity), _StreamUnary(identity), _StreamStream(identity)),
            ],
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.close()


class BlockingExchange:
    """The exchange for callers in threads: ``with BlockingExchange(target, tokens) as exchange: ...``.

    ``retries`` as for ``Exchange``.
    """

    def __init__(
        self, target: str, tokens: Tokens, *, deadline: float = DEADLINE, retries: Retries | bool = True
    ) -> None:
        self._channel = connect(target, tokens.tls, OPTIONS)
        begins = grpc.intercept_channel(self._channel, _Blocking(tokens, deadline))
        policy = policy_of(retries)
        self.channel = begins if policy is None else RepeatingChannel(begins, policy, deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()


class _Identity:
    """Begins calls: with the token, with the default deadline those that are not streams, and with a span if wanted."""

    def __init__(self, tokens: Tokens, deadline: float) -> None:
        self._tokens = tokens
        self._deadline = deadline
        self._tracer = tracer(tokens.client)

    async def call(self, continuation: Any, details: Any, request: Any, *, unary: bool) -> Any:
        token = await self._tokens.get()
        timeout = self._deadline if details.timeout is None and unary else details.timeout
        pairs = [*(details.metadata or ()), (metadata.AUTHORIZATION, f"Bearer {token}")]
        span = self._tracer.call(_text(details.method), pairs) if self._tracer is not None else None
        asked = grpc.aio.ClientCallDetails(
            method=details.method,
            timeout=timeout,
            metadata=grpc.aio.Metadata(*(pairs if span is None else span.onward(pairs))),
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
        )
        call = await continuation(asked, request)
        if span is not None:
            call.add_done_callback(partial(_end, span, self._tokens.client))
        return call


class _Interceptor:
    def __init__(self, identity: _Identity) -> None:
        self._identity = identity


class _UnaryUnary(_Interceptor, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._identity.call(continuation, client_call_details, request, unary=True)


class _UnaryStream(_Interceptor, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await self._identity.call(continuation, client_call_details, request, unary=False)


class _StreamUnary(_Interceptor, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return keep_status(await self._identity.call(continuation, client_call_details, request_iterator, unary=False))


class _StreamStream(_Interceptor, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return keep_status(await self._identity.call(continuation, client_call_details, request_iterator, unary=False))


@dataclass(slots=True)
class _Details(grpc.ClientCallDetails):
    method: str
    timeout: float | None
    metadata: tuple[metadata.Pair, ...]
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class _Blocking(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    def __init__(self, tokens: Tokens, deadline: float) -> None:
        self._tokens = tokens
        self._deadline = deadline
        self._tracer = tracer(tokens.client)

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return self._call(continuation, client_call_details, request, self._deadline)

    def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return self._call(continuation, client_call_details, request, None)

    def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return self._call(continuation, client_call_details, request_iterator, None)

    def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return self._call(continuation, client_call_details, request_iterator, None)

    def _call(self, continuation: Any, details: Any, request: Any, deadline: float | None) -> Any:
        pairs = [*(details.metadata or ()), (metadata.AUTHORIZATION, f"Bearer {self._tokens.blocking()}")]
        span = self._tracer.call(details.method, pairs) if self._tracer is not None else None
        asked = _Details(
            method=details.method,
            timeout=deadline if details.timeout is None else details.timeout,
            metadata=tuple(pairs if span is None else span.onward(pairs)),
            credentials=details.credentials,
            wait_for_ready=getattr(details, "wait_for_ready", None),
            compression=getattr(details, "compression", None),
        )
        call = continuation(asked, request)
        if span is not None:
            call.add_done_callback(partial(_end, span, self._tokens.client))
        return call


def _text(method: str | bytes) -> str:
    """The method's name, which grpc.aio gives as bytes."""
    return method if isinstance(method, str) else method.decode()


def _end(span: "Span", client: str, call: Any) -> None:
    """Ends the span of a call that has ended, of the synchronous or the asyncio client."""
    trailing = dict(_said(call.trailing_metadata()) or ())
    details = trailing.get(metadata.STATUS_DETAILS)
    span.end(
        Code(_said(call.code()).value[0]),
        status.reason_of(details) if isinstance(details, bytes) else "",
        transaction=str(trailing.get(metadata.TRANSACTION_ID, "")),
        client=client,
    )


def _said(value: Any) -> Any:
    """What an ended call says of itself: grpc.aio wraps it in a coroutine, which has nothing left to wait for."""
    if not inspect.iscoroutine(value):
        return value
    try:
        value.send(None)
    except StopIteration as said:
        return said.value
    raise RuntimeError("grpc.aio waits for what a call has said that has ended")


def _why(answer: "httpx.Response") -> str:
    try:
        body = answer.json()
        return str(body.get("error_description") or body.get("detail") or answer.status_code)
    except ValueError:
        return f"HTTP {answer.status_code}"
