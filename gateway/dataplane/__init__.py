"""One call's way through the gateway."""

import os

# gRPC's core reads this when it is first imported. Its older loop takes messages from sockets in the thread that
# hands them on; the event engine wakes two or three others for each (docs/decisions/0010-cost-of-a-call.md).
os.environ.setdefault("GRPC_EXPERIMENTS", "-event_engine_client,-event_engine_listener")
