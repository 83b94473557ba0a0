"""The folder of the packages of the exchange's processes, and how such a process is started.

In a checkout they are next to ``ndxp``. A wheel has them in ``ndxp/_tree``, so that ``ndxp`` is the only name that it
installs; only processes of the exchange have that folder on their path (docs/decisions/0028-wheel.md).
"""

import importlib.util
import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_IN_A_WHEEL = _HERE / "_tree"

TREE = _IN_A_WHEEL if _IN_A_WHEEL.is_dir() else _HERE.parent
"""The folder with ``gateway``, ``services``, ``console``, ``loadtest``, ``labs`` and ``protos``."""

PROTOS = TREE / "protos"
"""The contracts, as ``protoc -I`` takes them."""

EXCHANGE_FILE = TREE / "gateway" / "exchange.yaml"
"""The registry that an exchange begins with."""

LABS = TREE / "labs"
"""The labs that come with the exchange, a folder each."""

LOCUSTFILE = TREE / "loadtest" / "locustfile.py"
"""The load test, as ``locust -f`` takes it."""


def command(module: str, *words: str) -> list[str]:
    """The command line that runs a module; run it with ``environment``.

    With ``-P`` a user's own ``services`` or ``gateway`` in the working directory is not imported instead of ours.
    """
    return [sys.executable, "-P", "-m", module, *words]


def environment() -> dict[str, str]:
    """The environment for a process of ours: that of this process, with our packages first on Python's path."""
    path = [str(TREE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def bring(package: str) -> None:
    """Makes only this one of our packages importable in this process.

    It is for a user's process, such as Locust, which may have packages with the same names as our others.
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
