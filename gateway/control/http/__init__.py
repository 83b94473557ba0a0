"""What stands before the routes: limits, names, roles, counts, and problems as RFC 9457 has them."""
