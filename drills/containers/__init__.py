"""Faults in a compose project that runs, and what callers who repeat their calls see of them."""
