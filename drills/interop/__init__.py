"""Interop drill: clients, providers and proxies of others, through the gateway; tests/support/interop.py has the cases."""
