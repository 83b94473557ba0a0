"""Scenarios: faults that belong together and have a story, each in a file of ``scenarios/``."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ndxp.language import Language, _

_FOLDER = Path(__file__).with_name("scenarios")


class ScenarioRefused(Exception):
    """There is no such scenario, or it cannot be read; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What happens (``title``, ``story``), what to look at (``watch``), and the faults as the admin API takes them.

    The texts are by language. The faults have neither an id nor an end yet.
    """

    name: str
    title: dict[Language, str]
    story: dict[Language, str]
    watch: dict[Language, str]
    faults: list[dict[str, Any]]

    def rules(self, until: str, consumer: str = "") -> list[dict[str, Any]]:
        """Its faults until a moment (RFC 3339), for all consumers or for one.

        Their ids are always the same, so that chance decides alike in every run.
        """
        own = {"scenario": self.name, "valid_until": until, **({"consumer": consumer} if consumer else {})}
        return [{**fault, "id": f"{self.name}-{number}", **own} for number, fault in enumerate(self.faults, 1)]


def names() -> list[str]:
    """The names of all scenarios."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def load(name: str) -> Scenario:
    """Reads a scenario. Raises ScenarioRefused."""
    if name not in names():
        meant = get_close_matches(name, names(), n=1)
        more = (
            _("did you mean {meant!r}?", meant=meant[0]) if meant else _("there are {names}", names=", ".join(names()))
        )
        raise ScenarioRefused(_("no such scenario: {name!r}; {more}", name=name[:100], more=more))
    try:
        from ndxp.yaml_file import read_yaml
    except ImportError as error:
        raise ScenarioRefused(_("to read scenarios: pip install 'ndxp[gateway]'")) from error
    return Scenario(name=name, **read_yaml((_FOLDER / f"{name}.yaml").read_bytes()))


def all_scenarios() -> Iterator[Scenario]:
    """All scenarios, by name."""
    yield from map(load, names())
