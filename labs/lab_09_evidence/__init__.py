"""Lab 9: the log as evidence."""
