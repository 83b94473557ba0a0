"""Lab 10: revocation, rotation, and a stolen token."""
