"""Reads the exchange file: members, services, grants and quotas to start with, and the agencies that it names."""

import logging
from collections.abc import Sequence
from pathlib import Path

from gateway.core import registry as core
from gateway.core.agencies import add_agencies
from gateway.settings import ControlSettings
from ndxp.agency.parts import Part, PartRefused, addresses_of, read_parts, usual_ports
from ndxp.yaml_file import YamlRefused, read_yaml

_ALL = "all"

_log = logging.getLogger("control")


def read_exchange(settings: ControlSettings) -> core.Registry:
    """The registry of the exchange file, with its agencies. Raises RegistryError."""
    return read_exchange_file(settings.exchange_file, settings.agencies_folder, settings.agencies_beside)


def read_exchange_file(path: Path, agencies: Path | None = None, beside: Sequence[Path] = ()) -> core.Registry:
    """The registry in a file. Raises RegistryError, which names the file and the place.

    ``agencies`` is the folder of the agencies that the file may name. The agencies in the folders of ``beside`` are
    always added; one with the name of one of ours takes its place. They get their usual addresses; other addresses are
    a setting and do not change the registry.
    """
    try:
        data = read_yaml(path.read_bytes())
        named = data.pop("agencies", []) if isinstance(data, dict) else []
        registry = core.parse(data)
        there = read_parts(agencies) if agencies else []
        added = [part for folder in beside for part in read_parts(folder)]
        replaced = {part.name for part in added}
        chosen = [*(part for part in _chosen(named, there) if part.name not in replaced), *added]
        known = [*(part for part in there if part.name not in replaced), *added]
        registry, left_out = add_agencies(registry, chosen, addresses_of(known, usual_ports(known)))
        for grant in left_out:
            _log.warning("left out: %s", grant)
        core.check(registry)
        return registry
    except (OSError, YamlRefused, PartRefused, core.RegistryError) as error:
        raise core.RegistryError(f"{path}: {' '.join(str(error).split())}") from error


def _chosen(named: object, parts: Sequence[Part]) -> Sequence[Part]:
    if named == _ALL:
        return parts
    if not isinstance(named, list):
        raise core.RegistryError(f"agencies: {_ALL}, or a list of their names, and not {named!r}")
    there = {part.name: part for part in parts}
    for name in named:
        if name not in there:
            raise core.RegistryError(f"agencies: there is no agency {name!r}; there are {', '.join(there)}")
    return [there[name] for name in named]
