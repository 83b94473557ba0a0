"""Load tests of the exchange whose figures can be trusted: open arrivals, exact percentiles, a reconciled log."""
