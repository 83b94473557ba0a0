"""Load tests of the exchange: calls sent when they are due, exact percentiles, and a comparison with the ledger.

The generator sends (arrivals, scheduler, users, transport); the judge decides (slo, validity, reconciliation, verdict);
``results`` is all that passes between them; report, page, plots and printing show the result.
"""
