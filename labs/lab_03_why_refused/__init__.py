"""Lab 3: ten refusals, each to be read and repaired."""
