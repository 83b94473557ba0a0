"""Generated from protos/ndxp/social_security/v1."""
