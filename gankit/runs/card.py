"""The model card of a run."""

import csv
from pathlib import Path

from gankit.runs.settings import FILE, SCORES, Settings
from gankit.saving import MODEL
from gankit.typing import PathLike
from gankit.version import __version__

CARD = "README.md"

TEXT = """---
library_name: keras
tags:
- gankit
- gan
---

# {title}

A GAN that draws {size} images{classes}, trained by gankit {version}.

{picture}## Use it

```python
import gankit

gan = gankit.load("{model}")
images = gan.generate(16{condition}, seed=0)
gankit.save_grid(images, "images.png")
```

In a shell: `gankit generate {model}`, or `gankit explore {model}`.

## How it was made

| | |
|---|---|
{rows}

`{settings}` has all settings. With the same data,
`gankit train --config {settings} --out again` trains with the same settings.

## Data and terms

Say here what the pictures are, where they come from, and under which terms they may be used, and
this model too.
"""


def write_card(folder: PathLike) -> Path:
    """Writes a run's card, ``README.md``, in the form of Hugging Face's, and returns its path.

    It says what is known: settings, length, score, samples and how to load the model. Where data
    come from, and under which terms, is for you to add. A card that is there stays as it is.

    Args:
        folder: of a run that ``gankit train`` has made.

    Raises:
        ValueError: no run, or none that has come to its end.
        FileExistsError: there is a card.

    Examples:
        >>> gankit.runs.write_card("nothing")
        Traceback (most recent call last):
            ...
        ValueError: 'nothing' isn't the folder of a run. Give one that gankit train has ...
    """
    folder = Path(folder)
    if not (folder / FILE).exists():
        raise ValueError(
            f"{str(folder)!r} isn't the folder of a run. Give one that gankit train has written to."
        )
    settings = Settings.read(folder / FILE)
    if not (folder / MODEL).exists():
        raise ValueError(
            f"{str(folder)!r} has no {MODEL} yet: the run isn't finished. Resume it with "
            f"gankit train --out {folder}"
        )
    path = folder / CARD
    if path.exists():
        raise FileExistsError(f"{path} exists already. Delete it to write a new one.")
    path.write_text(fill(settings, folder), encoding="utf-8")
    return path


def fill(settings: Settings, folder: Path) -> str:
    """Returns the card's text."""
    grids = sorted((folder / "samples").glob("*.png"))
    picture = f"![Samples, not picked](samples/{grids[-1].name})\n\n" if grids else ""
    height, width = settings.size or (0, 0)
    facts = {
        "data": settings.source,
        "recipe": f"`recipes.{settings.recipe}`, {settings.options or 'as it is'}",
        "length": describe_length(settings),
        "batch size, seed": f"{settings.batch_size}, {settings.seed}",
    } | read_scores(folder / "losses.csv")
    return TEXT.format(
        title=folder.resolve().name,
        size=f"{height}x{width}",
        classes=" by class" if settings.classes else "",
        version=__version__,
        picture=picture,
        model=MODEL,
        condition=", condition=0" if settings.classes else "",
        rows="\n".join(f"| {name} | {value} |" for name, value in facts.items()),
        settings=FILE,
    )


def describe_length(settings: Settings) -> str:
    """Returns for how long a run was to train."""
    if settings.minutes is not None:
        return f"{settings.minutes:g} minutes"
    if settings.images is not None:
        return f"{settings.images:,} images"
    return f"{settings.epochs} epochs"


def read_scores(path: Path) -> dict[str, str]:
    """Returns the scores in the last row of a CSV file, and of how many images."""
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    last = rows[-1] if rows else {}
    number = last.get("evaluation_images", "?")
    return {
        name.upper(): f"{float(last[name]):.4g}, of {number} images"
        for name in SCORES
        if last.get(name)
    }
