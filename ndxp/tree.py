"""Where the packages of the exchange's processes are, and how one of these processes is started.

In a checkout they stand beside ``ndxp``. A wheel has them in ``ndxp/_tree``, so that it installs no name but ``ndxp``;
only the processes of the exchange have that folder on their path (docs/decisions/0028-wheel.md).
"""

import importlib.util
import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_IN_A_WHEEL = _HERE / "_tree"

TREE = _IN_A_WHEEL if _IN_A_WHEEL.is_dir() else _HERE.parent
"""The folder with ``gateway``, ``services``, ``loadtest`` and ``protos``."""

PROTOS = TREE / "protos"
"""The contracts, as ``protoc -I`` takes them."""

EXCHANGE_FILE = TREE / "gateway" / "exchange.yaml"
"""The registry that an exchange begins with."""

LOCUSTFILE = TREE / "loadtest" / "locustfile.py"
"""The load test, as ``locust -f`` takes it."""


def command(module: str, *words: str) -> list[str]:
    """The command line that runs a module; it wants the ``environment``.

    ``-P`` keeps a user's own ``services`` or ``gateway`` in the working directory from being taken for ours.
    """
    return [sys.executable, "-P", "-m", module, *words]


def environment() -> dict[str, str]:
    """The environment of a process of ours: that of this one, with our packages before all others on Python's path."""
    path = [str(TREE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def bring(package: str) -> None:
    """Makes one of our packages importable in this process, and none beside it.

    For a process that is the user's, such as Locust: it may have packages of its own that are named like our others.
    """
    folder = TREE / package
    if package in sys.modules and str(folder) in sys.modules[package].__path__:
        return
    spec = importlib.util.spec_from_file_location(
        package, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no package {package} in {TREE}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[package] = module
    spec.loader.exec_module(module)
