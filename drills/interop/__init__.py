"""Interop drill: clients, providers and proxies of others, through the gateway; with the cases of tests/interop.py."""
