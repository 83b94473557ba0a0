"""Generated from protos/ndxp/life_events/v1."""
