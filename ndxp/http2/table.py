"""The static table of header fields (RFC 7541, appendix A), and what an entry of a table costs."""

ENTRY_BYTES = 32
"""What an entry of a table, and a field of a header list, counts besides its name and value (RFC 7541, 4.1)."""

DEFAULT_TABLE_BYTES = 4096
"""The size of a dynamic table before anything else was said."""

_WITH_VALUES = (
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
    (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
    (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
)  # fmt: skip
_NAMES = (
    "accept-language", "accept-ranges", "accept", "access-control-allow-origin", "age", "allow", "authorization",
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-length",
    "content-location", "content-range", "content-type", "cookie", "date", "etag", "expect", "expires", "from", "host",
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified", "link",
    "location", "max-forwards", "proxy-authenticate", "proxy-authorization", "range", "referer", "refresh",
    "retry-after", "server", "set-cookie", "strict-transport-security", "transfer-encoding", "user-agent", "vary",
    "via", "www-authenticate",
)  # fmt: skip

STATIC = (("", ""), *_WITH_VALUES, *((name, "") for name in _NAMES))
"""The entries by index; index 0 is none."""
