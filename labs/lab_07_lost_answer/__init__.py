"""Lab 7: idempotency, and an answer that was lost."""
