"""Interop drill: clients, providers and proxies of others, through the gateway; the cases are in tests/support."""
