"""Hosts the agencies of a folder: each is a package with an ``exchange.yaml``."""

import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from ndxp.agency.contract import generate
from ndxp.agency.hosting import host
from ndxp.agency.parts import PartRefused, read_parts, usual_ports


def host_folder(folder: Path, names: Sequence[str], *, package: str = "", called: str = "services") -> int:
    """Serves the named agencies, or all of the folder, until SIGTERM; returns the exit code.

    ``package`` is the package of the agencies, empty for none; ``called`` begins each line about a failure. The code is
    2 for an unknown name, and for an agency that cannot be read or made.
    """
    try:
        parts = read_parts(folder)
        there = [part.name for part in parts]
        for name in names:
            if name not in there:
                raise PartRefused(f"no agency {name!r}; there are {', '.join(there)}")
        generate(folder)
        chosen = [part for part in parts if not names or part.name in names]
        agencies = [(part, import_module(f"{package}{part.name}").AGENCY) for part in chosen]
        return host(agencies, usual_ports(parts), called)
    except ExceptionGroup:
        raise  # the agency failed after its start
    except PartRefused as error:
        why = str(error)
    except Exception as error:
        why = _describe(error, folder)
    sys.stderr.write(f"{called}: {' '.join(why.split())}\n")
    return 2


def _describe(error: Exception, folder: Path) -> str:
    """An error of an agency's own code, with its file and line."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    place = f" ({Path(own[-1].filename).relative_to(folder)}, line {own[-1].lineno})" if own else ""
    return f"{type(error).__name__}: {error}{place}"
