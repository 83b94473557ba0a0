"""One call's way through the gateway.

``listener`` takes connections (limits for strangers in ``strangers``). ``pipeline`` runs the steps, with ``tokens``,
``admission`` and ``allowance``. ``relay`` passes the bytes on (``answer``, ``attempt``, ``headers``, ``messages``,
``deadlines``) through ``upstream``; ``journal`` records. ``directory`` answers health and reflection in the worker.
"""
