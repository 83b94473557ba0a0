"""One call's way through the gateway."""
