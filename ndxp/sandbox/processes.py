"""The processes of a sandbox as they run now."""

from typing import Any

from ndxp.sandbox.state import State


def processes_now(state: State) -> list[dict[str, Any]]:
    """Each process with its name, number, memory in MB and the address of its metrics; none of an attached exchange."""
    shown = []
    metrics = {process.name: process.metrics for process in state.processes}
    for process in state.members():
        with process.oneshot():
            title = process.cmdline()
            name = next((p.name for p in state.processes if p.command == title), "")
            if title[-2:-1] == ["ndxp.sandbox"]:
                name = "supervisor"
            if name == "gateway" or name.startswith("gateway-"):
                name = process.environ().get("NDXP_NODE", name)
            shown.append(
                {
                    "name": name or "store",
                    "pid": process.pid,
                    "rss_mb": round(process.memory_info().rss / 1e6, 1),
                    "metrics": metrics.get(name, ""),
                }
            )
    return sorted(shown, key=lambda process: str(process["name"]))
