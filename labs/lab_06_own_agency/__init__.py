"""Lab 6: an agency of one's own, and the check of it."""
