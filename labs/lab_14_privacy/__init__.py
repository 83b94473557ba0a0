"""Lab 14: privacy: what can be linked, what is needed, and who asked about whom."""
