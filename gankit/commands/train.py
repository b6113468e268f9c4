"""``gankit train``: a GAN of your own pictures, in one line."""

import argparse
import ast
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from gankit.checkpoint_index import find_checkpoints, read_index
from gankit.commands.options import above_zero, add_quiet, natural, positive
from gankit.differentiation import keep_compiled
from gankit.runs import Settings, train
from gankit.runs.session import USUAL_MINUTES
from gankit.runs.settings import FILE, LENGTHS, SCORES

SUMMARY = "Train a GAN on a folder of pictures, or continue a run."
EXAMPLES = """
  %(prog)s photos --out run --size 64 --minutes 60
  %(prog)s flowers.zip --classes folders --images 2M --set filters=64
  %(prog)s --out run
"""
SUFFIXES = {"k": 10**3, "M": 10**6, "B": 10**9}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a parser."""
    parser.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="a folder of images, a zip or tar of one, an .npz or .npy of arrays, 'digits', "
        "'mnist' or 'tfds:NAME'; may be left out to continue a run",
    )
    parser.add_argument("--out", type=Path, default=Path("run"), help="the run's folder (run)")
    parser.add_argument(
        "--size",
        type=size,
        help="size of the images to draw: 64, or 96x64 for height and width (that of the images, "
        "up to 64)",
    )
    parser.add_argument(
        "--fit",
        choices=["crop", "pad", "stretch"],
        help="what to do with photos of another aspect ratio: keep the middle, add black borders, "
        "or distort them (crop)",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=above_zero, help="how long to train in total (60)")
    length.add_argument("--images", type=count, help="how many images to train on, such as 2M")
    length.add_argument("--epochs", type=positive, help="how often to train on each image")
    parser.add_argument("--recipe", help="small or modern (chosen by the size of the images)")
    parser.add_argument(
        "--classes",
        metavar="folders|TABLE",
        help="train by class: 'folders' takes the subfolders, or the labels of the data; or name a "
        "table, such as labels.csv, whose first line is file,label, or metadata.jsonl in the "
        "folder",
    )
    parser.add_argument("--batch", type=positive, help="images per step (64)")
    parser.add_argument("--seed", type=natural, help="seed of all random numbers (0)")
    parser.add_argument(
        "--mixed",
        choices=["auto", "on", "off"],
        default="auto",
        help="compute in bfloat16 (auto: if the processor supports it in hardware)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=setting,
        metavar="NAME=VALUE",
        dest="options",
        help="an argument of the recipe, such as filters=64; may be given several times",
    )
    parser.add_argument(
        "--from",
        dest="start",
        metavar="MODEL",
        help="start from the weights of another GAN: a .keras file or a run's checkpoints",
    )
    parser.add_argument(
        "--freeze",
        type=positive,
        help="with --from: freeze this many of the discriminator's first layers",
    )
    parser.add_argument(
        "--score",
        choices=SCORES,
        help="a metric to measure now and then, on the features of inception, which Keras "
        "downloads once, or of --extractor (for digits, FID is always measured)",
    )
    parser.add_argument("--extractor", help="with --score: 'inception', 'digits' or a .keras file")
    parser.add_argument(
        "--config", type=Path, help="take the settings from the run.json of another run"
    )
    add_quiet(parser)
    parser.set_defaults(imports=[])


def run(arguments: argparse.Namespace) -> None:
    """Trains."""
    settings = read_settings(arguments)
    keep_compiled(compiled_folder())
    try:
        train(settings, arguments.out, None if arguments.quiet else print)
    except KeyboardInterrupt:
        print(f"\n{describe_stop(arguments.out)}")
        raise SystemExit(130) from None
    if not arguments.quiet:
        option = longer(Settings.read(arguments.out / FILE))
        print(
            f"To draw images: gankit generate {arguments.out}\n"
            f"To train longer: gankit train --out {arguments.out} {option}"
        )


def describe_stop(folder: Path) -> str:
    """Returns what a run that was stopped has left behind, and how to continue."""
    if read_index(find_checkpoints(folder))[0]:
        return f"Stopped. To resume: gankit train --out {folder}"
    if (folder / FILE).exists():
        return f"Stopped before anything was saved. To begin again: gankit train --out {folder}"
    return "Stopped before the run began. Nothing was written."


def compiled_folder() -> Path:
    """Returns the folder where compiled steps are kept, inside the user's cache."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "gankit" / "compiled"


def longer(settings: Settings) -> str:
    """Returns the option that makes a run twice as long."""
    if settings.epochs:
        return f"--epochs {2 * settings.epochs}"
    if settings.images:
        return f"--images {2 * settings.images}"
    return f"--minutes {2 * (settings.minutes or USUAL_MINUTES):g}"


def read_settings(arguments: argparse.Namespace) -> Settings:
    """Returns the settings of a file or an existing run, updated by the given options."""
    begun = arguments.out / FILE
    path = arguments.config or (begun if begun.exists() else None)
    mixed = {"auto": None, "on": True, "off": False}[arguments.mixed]
    given: dict[str, Any] = {
        "source": arguments.source,
        "size": arguments.size,
        "fit": arguments.fit,
        "classes": arguments.classes,
        "recipe": arguments.recipe,
        "options": dict(arguments.options) or None,
        "batch_size": arguments.batch,
        "minutes": arguments.minutes,
        "images": arguments.images,
        "epochs": arguments.epochs,
        "mixed": mixed,
        "seed": arguments.seed,
        "start": arguments.start,
        "freeze": arguments.freeze,
        "score": arguments.score,
        "extractor": arguments.extractor,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if path is None:
        if "source" not in given:
            raise ValueError(
                f"What to train on? Give a folder of images. There is no run in "
                f"{str(arguments.out)!r} to continue."
            )
        return Settings(**given)
    if given.keys() & LENGTHS:
        given = dict.fromkeys(LENGTHS) | given
    return replace(Settings.read(path), **given)


def size(text: str) -> tuple[int, int]:
    """Returns a height and a width."""
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() and int(side) >= 8 for side in sides):
        raise argparse.ArgumentTypeError(
            f"must be one number of at least 8, such as 64, or two, such as 96x64, got {text!r}"
        )
    return int(sides[0]), int(sides[-1])


def count(text: str) -> int:
    """Returns a number such as 500k or 2M."""
    factor = SUFFIXES.get(text[-1:], 1)
    try:
        number = float(text[:-1] if text[-1:] in SUFFIXES else text)
    except ValueError:
        number = 0.0
    if not number * factor >= 1:
        raise argparse.ArgumentTypeError(f"must be a number such as 500k or 2M, got {text!r}")
    return round(number * factor)


def setting(text: str) -> tuple[str, Any]:
    """Returns a name and its value, as a Python literal if it is one, otherwise as text."""
    name, equals, value = text.partition("=")
    if not (equals and name.isidentifier()):
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE, such as filters=64, got {text!r}")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
