"""HTTP clients that use the proxies of the environment, and name the variable when a proxy cannot be used."""

import os
from typing import Any

import httpx

_PROXIES = ("all_proxy", "https_proxy", "http_proxy")
_EXCEPTIONS = "no_proxy"


class ProxyUnusable(Exception):
    """A proxy of the environment cannot be used; the text names the variable, without its value, and what to do."""


def client(**options: Any) -> httpx.Client:
    """An HTTP client with these options; raises ProxyUnusable for a variable that httpx cannot use."""
    try:
        return httpx.Client(**options)
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        if not options.get("trust_env", True):
            raise
        raise ProxyUnusable(_at_fault()) from error


def _at_fault() -> str:
    given = {name: value for name, value in os.environ.items() if name.lower() in _PROXIES and value}
    for name, value in given.items():
        try:
            httpx.HTTPTransport(proxy=value if "://" in value else f"http://{value}", verify=False).close()
        except ImportError:
            return f"{name} names a SOCKS proxy: pip install 'httpx[socks]', or unset {name}"
        except (ValueError, httpx.InvalidURL):
            return f"{name} is no URL of a proxy, such as http://host:3128; mend it or unset it"
    name = next((name for name in os.environ if name.lower() == _EXCEPTIONS), _EXCEPTIONS.upper())
    return f"{name} has an entry that is no host; name hosts and domains, not networks such as fd00::/8"
