"""The picture of the gateway benchmark: CPU of each side per transaction, by process."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

_COLOURS = ("#4f46e5", "#10b981", "#f59e0b")


def draw(found: dict[str, Any], path: Path) -> None:
    """Writes an SVG of a report of ``benchmarks.gateway``."""
    sides = list(found["sides"].items())[::-1]
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "ndxp", "font.size": 9}):
        figure = Figure(figsize=(8, 2.9), layout="constrained")
        axes = figure.subplots()
        for row, (_, side) in enumerate(sides):
            start = 0
            for (process, micros), colour in zip(side["by_process_us"].items(), _COLOURS, strict=False):
                axes.barh(row, micros, left=start, color=colour, height=0.6)
                if micros > 100:
                    axes.text(start + micros / 2, row, process, ha="center", va="center", color="white")
                start += micros
            axes.text(start + 8, row, f"{side['cpu_ratio']:.2f}x", va="center")
        axes.set_yticks(range(len(sides)), [name for name, _ in sides])
        axes.set_xlabel("CPU µs per transaction; the ratio is to the bare pass-through")
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.12)
        figure.savefig(path, metadata={"Date": None, "Creator": None})
