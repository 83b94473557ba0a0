"""The provider's kit: a server that takes calls from the gateway only, a database, and what agencies share.

``door`` checks each call, ``server`` listens, ``hosting`` runs agencies in a process. ``database``, ``replay``,
``rights`` and ``paging`` are about stored data; agencies share ``claim``, ``day``, ``onward`` and ``verification``.
"""
