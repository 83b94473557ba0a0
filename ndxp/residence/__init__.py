"""The contract of the residence register."""
