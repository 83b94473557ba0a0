"""What every HTTP request passes before its route: limits, host names, roles, counts, the log of changes, errors."""
