"""Lab 1: the first call, and its way through the exchange."""
