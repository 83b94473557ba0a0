"""The picture of who calls whom: agencies in the middle, members that call around them, and the calls between them."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from console.matrix import names_of
from console.traffic import Flow, Pair

Options: TypeAlias = dict[str, Any]

CIRCUIT = "CIRCUIT_OPEN"
"""The reason of calls that were refused because their provider could not be reached before."""

_GOOD, _BAD, _FAULT = "#2f8fae", "#d1434f", "#c07a00"
_MEMBER, _AGENCY = "#6b8fa3", "#0b7a99"
_MOST_UPRIGHT = 12
"""With more callers than these, their names are turned away from the middle."""
_MOST_AGENCIES = 9
"""More agencies than these are put into two rings."""


@dataclass(slots=True)
class Node:
    """An agency, or a member that calls, or a group of members; ``rate`` is how often it is called, or calls."""

    name: str
    agency: bool
    group: str = ""
    rate: float = 0.0
    bad: float = 0.0
    cut: bool = False
    """Whether calls to it are refused because it could not be reached."""


@dataclass(slots=True)
class Edge:
    """Calls from one node to another; ``faults`` are the ids of those, set on purpose, that calls of it can meet."""

    rate: float = 0.0
    bad: float = 0.0
    cut: bool = False
    faults: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Picture:
    """The nodes by id, and the edges by the ids of both ends."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[Pair, Edge] = field(default_factory=dict)


class Names:
    """The names of members and of their groups, and which faults a pair can meet."""

    def __init__(
        self, members: Iterable[dict[str, Any]], faults: Sequence[dict[str, Any]], groups: Mapping[str, str]
    ) -> None:
        self._members = {member["id"]: member for member in members}
        self._faults = faults
        self._groups = groups

    def member(self, subsystem: str) -> str:
        """The name of the member that a subsystem belongs to."""
        member_id = subsystem.rpartition("/")[0]
        return str(self._members.get(member_id, {}).get("name") or member_id)

    def group(self, subsystem: str) -> str:
        """The name of the first group of the subsystem's member; empty without one."""
        group = next(iter(self._members.get(subsystem.rpartition("/")[0], {}).get("groups", ())), "")
        return self._groups.get(group, group)

    def full(self, subsystem: str) -> str:
        """The name of the member with the last part of the subsystem."""
        return f"{self.member(subsystem)} · {subsystem.rpartition('/')[2]}"

    def faults(self, pair: Pair) -> list[str]:
        """The faults that calls of a pair can meet, as far as caller and provider decide that."""
        client, service = pair
        member, _, last = client.rpartition("/")
        named = {"", *names_of({"groups": [], **self._members.get(member, {}), "id": member}, last)}
        return [
            fault["id"] for fault in self._faults if fault["consumer"] in named and fault["provider"] in ("", service)
        ]


def picture(flows: Iterable[Flow], names: Names, *, grouped: bool) -> Picture:
    """What is drawn: agencies of the same name are one node; so are members of a group, if they are ``grouped``."""
    flows = list(flows)
    of_name = defaultdict(set)
    for flow in flows:
        of_name[flow.service.rpartition("/")[2]].add(flow.service)
    made = Picture()
    for flow in flows:
        agency = flow.service.rpartition("/")[2]
        target = f"agency {agency}"
        made.nodes.setdefault(target, Node(agency, agency=True))
        source = _caller(made, flow.client, names, of_name, grouped=grouped)
        edge = made.edges.setdefault((source, target), Edge())
        parts: list[Node | Edge] = [edge, made.nodes[target]]
        if not made.nodes[source].agency:
            parts.append(made.nodes[source])
        for part in parts:
            part.rate += flow.rate
            part.bad += flow.bad
            part.cut |= CIRCUIT in flow.minute.reasons
        edge.faults.update(names.faults((flow.client, flow.service)))
    for name, services in of_name.items():
        if len(services) > 1:
            made.nodes[f"agency {name}"].name = f"{name} ({len(services)})"
    return made


def _caller(made: Picture, client: str, names: Names, agencies: dict[str, set[str]], *, grouped: bool) -> str:
    """The node of a caller: an agency that is the only one of its name, or its member, or the member's group."""
    last = client.rpartition("/")[2]
    if agencies.get(last) == {client}:
        made.nodes.setdefault(f"agency {last}", Node(last, agency=True))
        return f"agency {last}"
    group, member = names.group(client), client.rpartition("/")[0]
    source, name = (f"group {group}", group) if grouped and group else (f"member {member}", names.member(client))
    made.nodes.setdefault(source, Node(name, agency=False, group=group))
    return source


def options(drawn: Picture) -> Options:
    """The options of the chart. Names are labels: ECharts draws them, and never reads them as HTML."""
    agencies = sorted(each for each, node in drawn.nodes.items() if node.agency)
    callers = sorted(
        (each for each, node in drawn.nodes.items() if not node.agency),
        key=lambda each: (drawn.nodes[each].group, drawn.nodes[each].name),
    )
    many = len(callers) > _MOST_UPRIGHT
    places = _inner(agencies) | {each: _on_ring(number, len(callers), 1.0, 0.25) for number, each in enumerate(callers)}
    highest = max((edge.rate for edge in drawn.edges.values()), default=0.0)
    return {
        "animationDurationUpdate": 400,
        "tooltip": {"renderMode": "richText", "confine": True},
        "grid": dict.fromkeys(("left", "right"), 140 if many else 48)
        | dict.fromkeys(("top", "bottom"), 125 if many else 40),
        "xAxis": {"show": False, "type": "value", "min": -1, "max": 1},
        "yAxis": {"show": False, "type": "value", "min": -1, "max": 1},
        "series": [
            {
                "type": "graph",
                "coordinateSystem": "cartesian2d",
                "emphasis": {"focus": "adjacency"},
                "label": {"show": True, "fontSize": 11},
                "data": [_node(each, drawn.nodes[each], places[each], many=many) for each in (*agencies, *callers)],
                "links": [_link(*pair, edge, highest) for pair, edge in sorted(drawn.edges.items())],
            }
        ],
    }


def _inner(agencies: Sequence[str]) -> dict[str, tuple[float, float]]:
    if len(agencies) == 1:
        return {agencies[0]: (0.0, 0.0)}
    if len(agencies) <= _MOST_AGENCIES:
        return {each: _on_ring(number, len(agencies), 0.42, 0.25) for number, each in enumerate(agencies)}
    outer, inner = agencies[::2], agencies[1::2]
    return {each: _on_ring(number, len(outer), 0.6, 0.25) for number, each in enumerate(outer)} | {
        each: _on_ring(number, len(inner), 0.28, 0.25 + 0.5 / len(inner)) for number, each in enumerate(inner)
    }


def _on_ring(number: int, of: int, radius: float, turn: float) -> tuple[float, float]:
    """A place on a ring, from the top on, clockwise."""
    angle = 2 * math.pi * (turn - number / of)
    return round(radius * math.cos(angle), 4), round(radius * math.sin(angle), 4)


def _node(each: str, node: Node, place: tuple[float, float], *, many: bool) -> Options:
    size = 14 + 4 * math.sqrt(node.rate) if node.agency else 6 + 2 * math.sqrt(node.rate)
    color = _BAD if node.cut and node.agency else _AGENCY if node.agency else _MEMBER
    label: Options = {"formatter": _braces(f"{node.name}\n{per_second(node.rate)}/s"), "position": "bottom"}
    if not node.agency:
        x, y = place
        label = {"formatter": _braces(node.name), "width": 120, "overflow": "truncate"}
        label["position"] = "top" if y >= 0 else "bottom"
        if many:
            degrees = math.degrees(math.atan2(y, x))
            label["rotate"] = round(degrees if x >= 0 else degrees + 180 if y < 0 else degrees - 180, 1)
            label |= {"position": "right" if x >= 0 else "left", "fontSize": 10}
    return {
        "id": each,
        "name": node.name,
        "value": [*place, round(node.rate, 2)],
        "symbolSize": round(min(size, 60), 1),
        "itemStyle": {"color": color},
        "label": label,
        "tooltip": {"formatter": _braces(f"{node.name}: {per_second(node.rate)}/s, {per_second(node.bad)}/s ✗")},
    }


def _link(source: str, target: str, edge: Edge, highest: float) -> Options:
    share = edge.rate / highest if highest else 0.0
    color = _BAD if edge.bad > 0 or edge.cut else _FAULT if edge.faults else _GOOD
    style: Options = {
        "color": color,
        "width": round(1 + 4 * math.sqrt(share), 2),
        "opacity": round(0.4 + 0.5 * math.sqrt(share), 2) if color == _GOOD else 0.9,
        "curveness": 0.15,
        "type": [2, 6] if edge.cut else [6, 4] if edge.rate else "dotted",
    }
    faults = f", {', '.join(sorted(edge.faults))}" if edge.faults else ""
    cut = f", {CIRCUIT}" if edge.cut else ""
    what = f"{per_second(edge.rate)}/s, {per_second(edge.bad)}/s ✗{cut}{faults}"
    return {"source": source, "target": target, "lineStyle": style, "tooltip": {"formatter": _braces(what)}}


def per_second(rate: float) -> str:
    """A rate as people read it: with one digit behind the point where it is small."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _braces(text: str) -> str:
    """A text whose braces ECharts does not read as names of its own."""
    return text.replace("{", "(").replace("}", ")")
