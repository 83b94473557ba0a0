"""Lab 12: 1.9 million transactions a day, measured honestly."""
