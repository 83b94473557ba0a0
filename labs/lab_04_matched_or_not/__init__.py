"""Lab 4: matched or not: names, dates and numbers that differ."""
