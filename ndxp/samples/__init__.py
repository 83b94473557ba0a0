"""One catalogue of sample calls, for the demo, the load test and the drills; a file here is an agency's part of it.

A file has ``SAMPLES``, a sequence of ``Sample``, and if it takes part in the demo ``DEMO``.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from ndxp.samples.sample import Demo, Sample, Turn

PERSONA = "traveller"
"""The documented citizen whom the first call of each part of the demo is about."""

__all__ = ["PERSONA", "Demo", "Sample", "Turn", "demos", "samples"]


@cache
def samples() -> Mapping[str, Sample]:
    """All samples by name, those of the agency that is asked most in the demo first.

    Raises ValueError when two have the same name.
    """
    catalogue: dict[str, Sample] = {}
    for part in _parts():
        for sample in part.SAMPLES:
            if sample.name in catalogue:
                raise ValueError(
                    f"{part.__name__}: there is a sample call {sample.name!r} already; choose another name"
                )
            catalogue[sample.name] = sample
    return catalogue


def demos() -> Sequence[Demo]:
    """The parts of the demo, the one with the most calls first."""
    return [part.DEMO for part in _parts() if hasattr(part, "DEMO")]


def _parts() -> list[ModuleType]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    parts = [module for module in modules if hasattr(module, "SAMPLES")]
    return sorted(parts, key=lambda part: -part.DEMO.calls if hasattr(part, "DEMO") else 0)
