"""The ``ndxp`` command: a file for each group of subcommands; ``ledger`` has those of the ledger."""
