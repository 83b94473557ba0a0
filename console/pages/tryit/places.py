"""Where a method is tried."""

from urllib.parse import urlencode

PATH = "/try"


def where(method: str, **given: str) -> str:
    """The path of the page of a method, "package.Service/Method", with what is filled in already."""
    return f"{PATH}?{urlencode({'method': method, **{name: value for name, value in given.items() if value}})}"


def again(number: int) -> str:
    """The path of the page with a call of the session's history filled in."""
    return f"{PATH}?{urlencode({'again': number})}"
