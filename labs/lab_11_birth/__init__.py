"""Lab 11: a birth on its way through five agencies."""
