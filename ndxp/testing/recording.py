"""Records the calls of one test: stands before an agency, passes every call on unchanged, and notes it."""

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from ndxp.client import OPTIONS
from ndxp.sandbox.state import State
from ndxp.testing.agency import HERE, Stub
from ndxp.testing.cassette import Recorder
from ndxp.testing.loop import Loop
from ndxp.wire import accepting, metadata
from ndxp.wire.assertion import audience
from ndxp.wire.status import decode
from ndxp.wire.tls import GATEWAY, Tls, connect_aio, listen


class Relaying:
    """A server that passes calls on to the real agencies, with the gateway's assertion, which is meant for them."""

    def __init__(self, state: State, addresses: Mapping[str, str], recorder: Recorder) -> None:
        self._recorder = recorder
        tls = Tls.load(state.tls_folder, GATEWAY) if state.tls else None
        self._channels = {name: connect_aio(address, tls, OPTIONS, []) for name, address in addresses.items()}
        self._tls = Tls.load(state.tls_folder, next(iter(addresses))) if state.tls else None
        self._server = accepting.server(options=OPTIONS)

    async def start(self, contract: ServiceDescriptor) -> int:
        """Starts, and returns the port."""
        handlers = {method.name: self._handler(method) for method in unary(contract)}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(contract.full_name, handlers),))
        port = listen(self._server, f"{HERE}:0", self._tls)
        await self._server.start()
        return port

    async def stop(self) -> None:
        """Ends the server and its connections."""
        await self._server.stop(None)
        for channel in self._channels.values():
            await channel.close()

    def _handler(self, method: MethodDescriptor) -> Any:
        path = f"/{method.containing_service.full_name}/{method.name}"

        async def pass_on(request: bytes, context: Any) -> bytes:
            pairs = [pair for pair in context.invocation_metadata() if not pair[0].startswith("grpc-")]
            provider = audience(str(dict(pairs).get(metadata.ASSERTION, "")))
            channel = self._channels.get(provider) or next(iter(self._channels.values()))
            onward: Any = channel.unary_unary(path)
            call = onward(
                request,
                metadata=[pair for pair in pairs if pair[0] != "user-agent"],
                timeout=context.time_remaining(),
            )
            try:
                answer: bytes = await call
            except grpc.aio.AioRpcError as error:
                failure = decode(error)
                self._recorder.failed(method, request, failure.code, failure.reason, failure.field)
                context.set_trailing_metadata(tuple(error.trailing_metadata() or ()))
                await context.abort(error.code(), error.details() or "")
            context.set_trailing_metadata(tuple(await call.trailing_metadata() or ()))
            self._recorder.answered(method, request, answer)
            return answer

        return grpc.unary_unary_rpc_method_handler(pass_on)


def unary(contract: ServiceDescriptor) -> list[MethodDescriptor]:
    """The methods that take one message and answer with one; calls of the others are not recorded."""
    return [method for method in contract.methods if not (method.client_streaming or method.server_streaming)]


def record(
    loop: Loop, state: State, contract: ServiceDescriptor, addresses: Mapping[str, str], recorder: Recorder
) -> Stub:
    """Stands before the agencies at these addresses, by provider."""

    async def start() -> tuple[Relaying, int]:
        relaying = Relaying(state, addresses, recorder)
        return relaying, await relaying.start(contract)

    relaying, port = loop.run(start())
    return Stub(loop, relaying, f"{HERE}:{port}", [])
