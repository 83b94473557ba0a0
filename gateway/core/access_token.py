"""What an access token says of its issuer, and what the gateway demands of it: the same words on both sides."""

ISSUER = "ndxp:control"
AUDIENCE = "ndxp:gateway"
LEEWAY = 5
"""Seconds by which two machines' clocks may differ."""
