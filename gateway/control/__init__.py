"""The control process. ``api`` has the routes, ``http`` what every request passes first; the other files do the work.

It gives tokens, changes the registry, learns contracts, and answers questions about the ledger.
"""
