"""Lab 13: processes of the exchange are killed, and the books still agree."""
