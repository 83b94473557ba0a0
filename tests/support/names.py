"""Host names that only a test knows."""

import socket
from collections.abc import Mapping
from typing import Any

import pytest


def resolved(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, str]) -> None:
    """Lets Python find hosts of these names at the addresses."""
    ask = socket.getaddrinfo

    def known(host: Any, *args: Any, **options: Any) -> Any:
        return ask(names.get(host, host), *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", known)
