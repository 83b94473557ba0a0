"""REST services behind the exchange: requests passed on by the doors as ``ndxp.rest.v1``, and made by the adapter."""
