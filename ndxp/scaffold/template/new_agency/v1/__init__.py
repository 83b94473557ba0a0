"""Generated from protos/new_agency/v1."""
