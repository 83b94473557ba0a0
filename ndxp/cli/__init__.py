"""The ``ndxp`` command."""
