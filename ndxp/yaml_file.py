"""Reads YAML strictly: a key that occurs twice is refused with its lines, and a date stays a text.

Needs PyYAML, which comes with ``ndxp[gateway]`` and ``ndxp[loadtest]``.
"""

from typing import Any

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver


class YamlRefused(ValueError):
    """The text is not YAML, or has a key twice; the error is one line that says where."""


class _Strict(Composer, Resolver):
    """Values are those of JSON, and no key may occur twice; PyYAML would silently keep the last one."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        there: dict[tuple[str, str], int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            name, line = (key.tag, key.value), key.start_mark.line + 1
            if name in there:
                raise YamlRefused(
                    f"line {line}: the key {key.value[:100]!r} is in line {there[name]} already; one would be lost"
                )
            there[name] = line
        return node


_Strict.yaml_implicit_resolvers = {
    first: [entry for entry in entries if entry[0] != "tag:yaml.org,2002:timestamp"]
    for first, entries in Resolver.yaml_implicit_resolvers.items()
}


class _Loader(_Strict, yaml.SafeLoader):
    """PyYAML's own parser, which says better than libyaml what is wrong."""


_quick: Any = _Loader
if yaml.__with_libyaml__:

    class _QuickLoader(_Strict, yaml.CSafeLoader):
        """libyaml reads the text, several times as fast."""

        def __init__(self, text: str | bytes) -> None:
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)

    _quick = _QuickLoader


def read_yaml(text: str | bytes) -> Any:
    """The value that a YAML document holds; None for an empty one. Raises YamlRefused."""
    try:
        try:
            return yaml.load(text, _quick)  # noqa: S506 - it is a SafeLoader
        except yaml.YAMLError:
            return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
    except YamlRefused:
        raise
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise YamlRefused(f"{line}no valid YAML: {_line(error.context, error.problem)}") from error
    except yaml.YAMLError as error:
        raise YamlRefused(f"no valid YAML: {_line(error)}") from error
    except (ValueError, KeyError, AttributeError, RecursionError) as error:  # raised inside PyYAML's constructors
        raise YamlRefused(f"a value in it is none, or nested too deep: {_line(error)}") from error


def _line(*parts: object) -> str:
    return " ".join(", ".join(str(part) for part in parts if part).split())
