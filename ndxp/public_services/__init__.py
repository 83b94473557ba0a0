"""The contract of the national public service portal."""
