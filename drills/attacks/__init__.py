"""Attack drills: what a stranger, a member or an agency may try against the exchange, and what must come of it."""
