"""Generated from protos/ndxp/passports/v1."""
