"""What the HTTP servers of the exchange share: sockets, connections, host names, problems (RFC 9457)."""
