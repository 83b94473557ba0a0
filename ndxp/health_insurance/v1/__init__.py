"""Generated from protos/ndxp/health_insurance/v1."""
