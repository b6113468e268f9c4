"""The settings of a run, from which it can be repeated."""

import dataclasses
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gankit.checks import check_choice, did_you_mean
from gankit.typing import Fit, PathLike

FILE = "run.json"
FOLDERS = "folders"
LENGTHS = ("minutes", "images", "epochs")
SCORES = ("kid", "fid")
TABLE = re.compile(r"(.+\.(?:csv|jsonl))(?::(.+))?")


@dataclass(frozen=True)
class Settings:
    """What to train on, which way, and for how long.

    Args:
        source: a folder of images; a zip or tar of one; an ``.npz`` or ``.npy`` of arrays;
            ``"digits"``, those inside the package; ``"mnist"``; or ``"tfds:NAME"``.
        size: ``(height, width)`` of what is drawn; None for the images' own, at most 64x64.
        fit: what becomes of photos of another aspect ratio: ``"crop"``, ``"pad"`` or ``"stretch"``,
            see ``data.from_directory``.
        classes: ``"folders"`` for a conditional GAN, whose classes are the subfolders, or the
            labels that the source has; the path of a table of them, see ``data.read_labels``, as it
            is or below the folder of images, such as ``"labels.csv"`` or, with the name of a
            column, ``"labels.csv:breed"``; None for none.
        recipe: the name of a function of ``gankit.recipes``; None lets the data decide.
        options: arguments of the recipe by name, e.g. ``{"filters": 64}``.
        batch_size: images per step; None for 64, or fewer where there are fewer images.
        minutes: how long to train, over all sessions of the run.
        images: how many images to train on, each counted as often as it is seen.
        epochs: how often to train on each image.
        mixed: whether to compute in bfloat16; None where the processor is made for it.
        seed: of all that is random.
        start: path of a GAN whose weights to begin with; see ``gankit.transfer_weights``.
        freeze: how many of the discriminator's first layers stay as they are there.
        score: ``"kid"`` or ``"fid"``, to measure it now and then. Without it, digits get an FID.
        extractor: what takes the score's features: ``"inception"``, which is None, ``"digits"``, or
            the path of a Keras model, see ``metrics.extractors``.

    Examples:
        >>> settings = gankit.runs.Settings("photos", size=(64, 64), minutes=30, classes="folders")
        >>> settings.fit, settings.seed
        ('crop', 0)
    """

    source: str
    size: tuple[int, int] | None = None
    fit: Fit = "crop"
    classes: str | None = None
    recipe: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    batch_size: int | None = None
    minutes: float | None = None
    images: int | None = None
    epochs: int | None = None
    mixed: bool | None = None
    seed: int = 0
    start: str | None = None
    freeze: int = 0
    score: str | None = None
    extractor: str | None = None

    def __post_init__(self) -> None:
        if self.size is not None:  # a list, in JSON
            object.__setattr__(self, "size", tuple(self.size))
        if self.classes not in (None, FOLDERS):
            split_table(self.classes)
        if self.freeze and self.start is None:
            raise ValueError(
                "freeze (--freeze) keeps layers of another GAN: give that as start (--from), too."
            )
        if self.score is not None:
            check_choice("score", self.score, SCORES)
        elif self.extractor is not None:
            raise ValueError(
                "extractor (--extractor) takes a score's features: say which score (--score kid)."
            )
        lengths = [name for name in LENGTHS if getattr(self, name)]
        if len(lengths) > 1:
            raise ValueError(f"Give one of {' and '.join(lengths)}, not both.")

    def write(self, folder: Path) -> None:
        """Writes ``run.json`` in the folder of a run."""
        text = json.dumps(dataclasses.asdict(self), indent=2)
        (folder / FILE).write_text(f"{text}\n", encoding="utf-8")

    @classmethod
    def read(cls, path: PathLike) -> "Settings":
        """Returns the settings in a JSON file.

        Raises:
            ValueError: no such file, or not what ``write`` writes.
        """
        path = Path(path)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ValueError(f"There is no file {str(path)!r}.") from error
        except ValueError as error:
            raise ValueError(f"{path} is no JSON: {error}") from error
        names = [one.name for one in dataclasses.fields(cls)]
        if not isinstance(values, dict) or "source" not in values:
            raise ValueError(f"{path} needs an object with 'source', beside any of {names[1:]}.")
        for name in values:
            if name not in names:
                raise ValueError(
                    f"{path}: there is no setting {name!r}.{did_you_mean(name, names)}"
                )
        return cls(**values)

    def changes(self, before: "Settings") -> list[str]:
        """Returns in words what differs from other settings and makes another run."""
        free = (*LENGTHS, "score", "extractor")
        names = [one.name for one in dataclasses.fields(self) if one.name not in free]
        return [
            f"{name} was {getattr(before, name)!r}, now {getattr(self, name)!r}"
            for name in names
            if getattr(before, name) != getattr(self, name)
        ]


def split_table(text: str) -> tuple[str, str | None]:
    """Returns the path of a table of classes, and the column if that was named.

    Raises:
        ValueError: no table.
    """
    if (match := TABLE.fullmatch(text)) is None:
        raise ValueError(
            f"classes must be {FOLDERS!r}, or a table that ends in .csv or .jsonl, such as "
            f"labels.csv or, with a column, labels.csv:breed, got {text!r}."
        )
    path, column = match.groups()
    return path, column
