"""Who may talk to whom under a set of NetworkPolicies, by the rules of Kubernetes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

Policy = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A pod with its labels and its namespace, or an address outside of the cluster."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""
    address: str = ""
    namespaced: Mapping[str, str] = field(default_factory=dict)
    """Labels that its namespace was given."""


def allowed(policies: Iterable[Policy], source: Place, to: Place, port: int, protocol: str = "TCP") -> bool:
    """Whether the one lets the connection out and the other lets it in."""
    policies = list(policies)
    return _lets(policies, "egress", source, to, port, protocol) and _lets(
        policies, "ingress", to, source, port, protocol
    )


def _lets(policies: list[Policy], way: str, own: Place, peer: Place, port: int, protocol: str) -> bool:
    """Whether a place lets it pass: it is under no policy of that way, or one of its policies has a rule for it."""
    mine = [p["spec"] for p in policies if _concerns(p, own) and way.capitalize() in p["spec"]["policyTypes"]]
    rules = [rule for spec in mine for rule in spec.get(way) or ()]
    side = "to" if way == "egress" else "from"
    return not mine or any(
        _at_port(rule.get("ports"), port, protocol)
        and (not rule.get(side) or any(_is(p, peer, own.namespace) for p in rule[side]))
        for rule in rules
    )


def _concerns(policy: Policy, place: Place) -> bool:
    here = policy["metadata"]["namespace"] == place.namespace
    return here and _selects(policy["spec"]["podSelector"], place.labels)


def _at_port(ports: list[dict[str, Any]] | None, port: int, protocol: str) -> bool:
    return not ports or any((p["port"], p.get("protocol", "TCP")) == (port, protocol) for p in ports)


def _is(peer: Mapping[str, Any], place: Place, home: str) -> bool:
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        assert block.keys() == {"cidr"}, f"{block}: only blocks without exceptions are understood"
        return bool(place.address) and ip_address(place.address) in ip_network(block["cidr"])
    if place.address:
        return False
    if "namespaceSelector" in peer:
        labels = {"kubernetes.io/metadata.name": place.namespace, **place.namespaced}
        namespaced = _selects(peer["namespaceSelector"], labels)
    else:
        namespaced = place.namespace == home
    return namespaced and _selects(peer.get("podSelector", {}), place.labels)


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    assert selector.keys() <= {"matchLabels"}, f"{selector}: only labels are understood"
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()
