"""Lab 2: who may see what: grants, purposes and fields."""
