"""The door for HTTP: it translates HTTP to gRPC and back, and decides nothing."""
