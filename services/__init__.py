"""Mock agencies over one synthetic nation; each has the same files, and none knows another."""

import os

# gRPC's core reads this when it is first imported; otherwise a taken port is two lines on stderr, one of them its own.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
