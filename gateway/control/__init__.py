"""The control process: tokens, registry, and the ledger's window."""
