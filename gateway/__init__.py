"""The exchange itself: data plane, control process and ledger."""

import os

# gRPC's core reads this at its first import. Without it, a port in use gives a second line on stderr, from gRPC itself.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
