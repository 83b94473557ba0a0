"""Issuer, audience and leeway of access tokens, the same for control, which signs them, and the gateway."""

ISSUER = "ndxp:control"
AUDIENCE = "ndxp:gateway"
LEEWAY = 5
"""Seconds by which two machines' clocks may differ."""
