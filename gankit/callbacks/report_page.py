"""The HTML of a report, in one file that loads nothing from elsewhere."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import NamedTuple

from gankit.callbacks.durations import tell_duration
from gankit.callbacks.report_charts import DISTANCES, Row, draw_charts, find_best, read_name
from gankit.callbacks.report_pictures import Figure, Sample, show_picture, show_sample

TEMPLATE = Path(__file__).with_name("report.html")
NOT_MEASURED = {"epoch", "step", "seconds", "evaluation_step", "evaluation_images"}
NO_CHARTS = "<p>Charts need matplotlib: <code>pip install 'gankit[plots]'</code>.</p>"


class Content(NamedTuple):
    """What a report shows.

    Attributes:
        run: an identifier of the run.
        name: the run's name, for readers.
        state: when the page was written, in words.
        rows: the logged values, in chronological order.
        samples: generated images, likewise.
        images_a_step: how many images a training step sees; None if unknown.
        real: real images, if there are any.
        neighbours: generated images next to the nearest real ones.
        recipe: what the run is made of, by name.
        machine: facts on the machine, likewise.
        commands: commands to copy, by title.
    """

    run: str
    name: str
    state: str
    rows: Sequence[Row]
    samples: Sequence[Sample]
    images_a_step: int | None
    real: Figure | None
    neighbours: Figure | None
    recipe: Mapping[str, object]
    machine: Mapping[str, object]
    commands: Mapping[str, str]


def write_page(content: Content) -> str:
    """Returns the page, with all text from outside escaped."""
    sections = {
        "Samples over time": show_samples(content.samples, content.images_a_step),
        "Real images": show_figure(content.real),
        **show_charts(content.rows, content.images_a_step),
        "Last values": show_table(find_last_values(content.rows)),
        "Nearest real images": show_figure(content.neighbours),
        "Recipe": show_table(content.recipe),
        "Machine and versions": show_table(content.machine),
        "Commands": show_commands(content.commands),
    }
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        run=html.escape(content.run),
        name=html.escape(content.name),
        state=html.escape(content.state),
        facts=show_facts(find_facts(content.rows, content.images_a_step)),
        sections="\n".join(
            f"<section>\n<h2>{html.escape(title)}</h2>\n{body}\n</section>"
            for title, body in sections.items()
            if body
        ),
    )


def show_samples(samples: Sequence[Sample], images_a_step: int | None) -> str:
    """Returns all samples; a slider chooses which one is shown, initially the last."""
    texts = [tell_time(sample.epoch, sample.step, images_a_step) for sample in samples]
    last = len(samples) - 1
    pictures = [
        show_sample(sample, f"Generated images {text}", hidden=number != last)
        for number, (sample, text) in enumerate(zip(samples, texts, strict=True))
    ]
    return "\n".join(
        [
            '<div id="samples">',
            *pictures,
            "</div>",
            '<label for="time">Time</label>',
            f'<input type="range" id="time" min="0" max="{last}" value="{last}">',
            f'<output for="time">Generated images {texts[last]}</output>',
            "<p>The same latents each time.</p>",
        ]
    )


def show_figure(figure: Figure | None) -> str:
    """Returns a picture with its caption, or nothing if there is none."""
    if figure is None:
        return ""
    caption = html.escape(figure.text)
    picture = show_picture(figure.picture, figure.text)
    return f"<figure>\n{picture}\n<figcaption>{caption}</figcaption>\n</figure>"


def show_charts(rows: Sequence[Row], images_a_step: int | None) -> dict[str, str]:
    """Returns charts by title, or a note on what to install."""
    try:
        return draw_charts(rows, images_a_step)
    except ImportError:
        return {"Charts": NO_CHARTS}


def show_table(table: Mapping[str, object]) -> str:
    """Returns facts as a table, or nothing if there are none."""
    rows = [
        f'<tr><th scope="row">{html.escape(str(name))}</th><td>{html.escape(str(value))}</td></tr>'
        for name, value in table.items()
    ]
    return "\n".join(["<table>", *rows, "</table>"]) if rows else ""


def show_commands(commands: Mapping[str, str]) -> str:
    """Returns commands that a click selects, each under its title."""
    return "\n".join(
        f"<h3>{html.escape(title)}</h3>\n<pre><code>{html.escape(text)}</code></pre>"
        for title, text in commands.items()
    )


def show_facts(facts: Mapping[str, str]) -> str:
    """Returns the key facts at the top of the page."""
    return "\n".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in facts.items()
    )


def find_facts(rows: Sequence[Row], images_a_step: int | None) -> dict[str, str]:
    """Returns how far a run has come, and its best metrics."""
    last = rows[-1] if rows else {"epoch": 0, "step": 0, "seconds": 0}
    facts = {"Epochs": f"{last['epoch']:,.0f}", "Steps": f"{last['step']:,.0f}"}
    if images_a_step is not None:
        facts["Images seen"] = f"{last['step'] * images_a_step:,.0f}"
    facts["Training time"] = tell_duration(last["seconds"])
    for name, title in DISTANCES.items():
        if best := find_best(rows, name):
            facts[f"Best {title}"] = f"{best[name]:.4g}"
    return facts


def find_last_values(rows: Sequence[Row]) -> dict[str, str]:
    """Returns what was logged last, by its name in words."""
    values = {name: value for row in rows for name, value in row.items()}
    return {
        capitalize(read_name(name)): f"{value:.4g}"
        for name, value in values.items()
        if name not in NOT_MEASURED
    }


def capitalize(text: str) -> str:
    """Returns text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def tell_time(epoch: int, step: int, images_a_step: int | None) -> str:
    """Returns a moment of a run in words."""
    if not step:
        return "before training"
    moment = f"after {epoch:,} epoch{'s' * (epoch != 1)} and {step:,} steps"
    return moment + (f": {step * images_a_step:,} images seen" if images_a_step else "")
