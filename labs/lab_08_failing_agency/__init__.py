"""Lab 8: an agency fails: deadlines and retries."""
