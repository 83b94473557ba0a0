"""Interop drill: foreign clients, providers and proxies through the gateway; the cases are in tests/support."""
