"""Lab 5: a client of one's own, in Python and over HTTP."""
