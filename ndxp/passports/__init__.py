"""The contract of the passports."""
