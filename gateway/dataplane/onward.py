"""The metadata that a provider gets: the caller's own, and the gateway's assertion about the caller."""

from hashlib import sha256

from msgspec.structs import replace

from gateway.core.transaction import Call
from gateway.dataplane.pipeline import WorkerState
from ndxp.wire import metadata
from ndxp.wire.assertion import Assertion, message_mark, sign


def pairs_onward(state: WorkerState, call: Call, pairs: metadata.Pairs, mark: str) -> list[metadata.Pair]:
    """Adds transaction, trace and assertion to the caller's metadata that passes.

    ``mark`` is ``message_mark`` of the request: empty where the gateway does not know it or the agency sees other ones.
    A call of a REST service, which is a stream, has the mark of its path instead.
    """
    received = call.headers
    if path := received.get(metadata.PATH):
        mark = message_mark(sha256(path.encode()).digest())
    onward, traceparent = metadata.onward(pairs), received.get(metadata.TRACEPARENT, "")
    if call.span is not None:
        onward, traceparent = call.span.onward(onward), call.span.traceparent
    onward.append((metadata.TRANSACTION_ID, call.transaction_id))
    if key := state.provider_keys.get(call.service):
        assertion = Assertion(
            client=call.client,
            provider=call.service,
            method=call.method,
            transaction_id=call.transaction_id,
            user_id=received.get(metadata.USER_ID, ""),
            purpose=received.get(metadata.PURPOSE, ""),
            traceparent=traceparent,
            fields=",".join(call.fields),
            message=mark,
        )
        if call.effects.skew:
            assertion = replace(assertion, expires=assertion.expires - int(call.effects.skew))
        onward.append((metadata.ASSERTION, sign(assertion, key)))
    return onward
