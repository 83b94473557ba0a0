"""What a connection to the gateway may cost: gRPC's own limits, which hold before a call is one of ours."""

from gateway.settings import MIB, GatewaySettings

_KEEPALIVE, _KEEPALIVE_TIMEOUT = 60_000, 20_000
_SHORTEST_PING_INTERVAL, _PING_STRIKES = 10_000, 2

Options = tuple[tuple[str, int], ...]


def largest_message(settings: GatewaySettings) -> int:
    """In bytes; gRPC takes no larger one into memory, from callers or providers."""
    return settings.max_message_bytes + MIB


def options(settings: GatewaySettings) -> Options:
    """The server's options.

    Sizes are more than what the gateway itself lets through, so that it is the gateway that refuses, with a reason;
    whoever goes beyond that gets gRPC's own words.
    """
    message, metadata = largest_message(settings), 2 * settings.max_metadata_bytes
    return (
        ("grpc.so_reuseport", 1),
        ("grpc.max_send_message_length", message),
        ("grpc.max_receive_message_length", message),
        ("grpc.max_metadata_size", metadata),
        ("grpc.absolute_max_metadata_size", metadata),
        ("grpc.max_allowed_incoming_connections", settings.max_connections),
        ("grpc.max_concurrent_streams", settings.max_streams_per_connection),
        ("grpc.server_handshake_timeout_ms", _ms(settings.handshake_timeout)),
        ("grpc.max_connection_idle_ms", _ms(settings.max_idle)),
        ("grpc.max_connection_age_ms", _ms(settings.max_connection_age)),
        ("grpc.max_connection_age_grace_ms", _ms(settings.max_stream_deadline)),
        ("grpc.keepalive_time_ms", _KEEPALIVE),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", _SHORTEST_PING_INTERVAL),
        ("grpc.http2.max_ping_strikes", _PING_STRIKES),
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
