"""Pages of a list, as AIP-158 asks: a size with a limit, and a token that goes on where a page ended."""

from ndxp.errors import AgencyError, Code


def page_start(page_token: str) -> int:
    """The place that a page token names, 0 for the first page; raises AgencyError for what is not one of ours."""
    if page_token and not (page_token.isascii() and page_token.isdigit() and len(page_token) < 19):
        raise AgencyError(
            Code.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID",
            "page_token must be the next_page_token of the page before, or empty", field="page_token",
        )  # fmt: skip
    return int(page_token or 0)


def page_limit(page_size: int, largest: int = 500) -> int:
    """How many entries a page holds: 50 unless asked, ``largest`` at most; raises AgencyError when negative."""
    if page_size < 0:
        raise AgencyError(
            Code.INVALID_ARGUMENT, "PAGE_SIZE_INVALID", "page_size must not be negative", field="page_size"
        )
    return min(page_size or 50, largest)
