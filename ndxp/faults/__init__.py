"""Faults that are set on purpose: what they can do, and the scenarios that come with the exchange."""
