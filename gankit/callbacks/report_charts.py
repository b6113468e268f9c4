"""A report's charts, as SVG that suits dark and light pages."""

import html
import io
import math
import re
from collections.abc import Sequence
from typing import Any, TypeAlias

#: What was logged at one moment of a run by name, with its ``epoch``, ``step`` and ``seconds``.
Row: TypeAlias = dict[str, float]

DISTANCES = {"fid": "FID", "kid": "KID"}  # lowest is best
COLOURS = ("#1f83d6", "#d2691e", "#2b9a66", "#a066d3", "#d6487e")  # 3:1 on white and on near-black
TEXT = "#010203"  # stands for the colour of the page's text
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "font.size": 9,
    "text.parse_math": False,  # names may hold dollars
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), TEXT),
    **dict.fromkeys(("xtick.color", "ytick.color"), TEXT),
}


def draw_charts(rows: Sequence[Row], images_a_step: int | None) -> dict[str, str]:
    """Returns SVG elements by title: losses, accuracies, and FID and KID where there are any.

    Args:
        rows: the run's rows, in order.
        images_a_step: how many images a training step sees; None counts steps instead.

    Raises:
        ImportError: matplotlib is missing.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    groups = {
        "Losses": [name for name in names if name.endswith("_loss")],
        "Share that the discriminator gets right": [
            name for name in names if name.endswith(("real_accuracy", "fake_accuracy"))
        ],
    }
    groups |= {title: [name] for name, title in DISTANCES.items() if find_best(rows, name)}
    return {
        title: draw_chart(rows, names, images_a_step) for title, names in groups.items() if names
    }


def draw_chart(rows: Sequence[Row], names: Sequence[str], images_a_step: int | None) -> str:
    """Returns an SVG element with a line for each name."""
    import matplotlib
    from matplotlib.figure import Figure  # without pyplot, which opens windows

    unit = "training steps" if images_a_step is None else "images seen"
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": " ".join(names)}):
        figure = Figure(figsize=(4.6, 2.7), layout="constrained")
        axes = figure.add_subplot(xlabel=unit)
        add_lines(axes, rows, names, images_a_step or 1)
        add_scales(axes, names)
        if names[0] in DISTANCES and (best := find_best(rows, names[0])):
            mark_best(axes, best, names[0], images_a_step or 1)
        file = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(file, format="svg", transparent=True, metadata=nothing)
        figure.clear()  # or its reference cycles stay in memory until collected
    return as_element(file.getvalue(), f"{', '.join(map(read_name, names))}, over {unit}")


def add_lines(axes: Any, rows: Sequence[Row], names: Sequence[str], scale: int) -> None:
    """Adds a line for each name; those of held-out data are dashed."""
    trained = list(dict.fromkeys(name.removeprefix("val_") for name in names))
    for name in names:
        points = find_points(rows, name)
        axes.plot(
            [step * scale for step in points],
            [value if math.isfinite(value) else math.nan for value in points.values()],
            color=COLOURS[trained.index(name.removeprefix("val_")) % len(COLOURS)],
            linestyle="--" if name.startswith("val_") else "-",
            marker="." if len(points) < 30 else "",
            label=read_name(name),
        )
    if len(names) > 1:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)


def add_scales(axes: Any, names: Sequence[str]) -> None:
    """Formats the axes: shares in per cent, and a logarithmic scale for a wide range."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter, PercentFormatter

    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(color="#808080", alpha=0.25, linewidth=0.6)
    low, high = axes.dataLim.intervaly
    if names[0].endswith("_accuracy"):
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    elif names[0] in DISTANCES and 0 < 8 * low < high:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())


def mark_best(axes: Any, best: Row, name: str, scale: int) -> None:
    """Marks the lowest value, and prints it."""
    ((step, value),) = find_points([best], name).items()
    axes.plot([step * scale], [value], "o", color=COLOURS[1])
    axes.set_title(f"best: {value:.4g} after {step * scale:,.0f}", loc="right", fontsize=9)


def find_points(rows: Sequence[Row], name: str) -> dict[float, float]:
    """Returns a logged value by the training step that it belongs to.

    The values of ``Evaluate`` are repeated in the logs until the next evaluation.
    """
    key = "evaluation_step" if name in DISTANCES else "step"
    return {row.get(key, row["step"]): row[name] for row in rows if name in row}


def find_best(rows: Sequence[Row], name: str) -> Row | None:
    """Returns the first row in which a value is lowest, None if none has it."""
    known = [row for row in rows if math.isfinite(row.get(name, math.nan))]
    return min(known, key=lambda row: row[name], default=None)


def read_name(name: str) -> str:
    """Returns the name of a logged value in words."""
    words = " ".join(DISTANCES.get(word, word) for word in name.removeprefix("val_").split("_"))
    return f"held-out {words}" if name.startswith("val_") else words


def as_element(svg: str, label: str) -> str:
    """Returns an SVG file as a part of a page, in the colour of the page's text."""
    svg = svg[svg.index("<svg ") :].strip().replace(TEXT, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # ids would be the same in each chart
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(label)}" ', 1)
