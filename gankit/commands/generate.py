"""``gankit generate``: images, in a grid or as single files."""

import argparse
import math
from pathlib import Path

from PIL import Image

from gankit.commands.conditions import find_rows, repeat_rows
from gankit.commands.options import (
    Row,
    above_zero,
    add_images,
    add_model,
    add_quiet,
    positive,
    share,
)
from gankit.grids import ARCHIVES, save_archive, save_grid, save_images
from gankit.saving import load

SUMMARY = "Write generated images."
EXAMPLES = """
  %(prog)s digits
  %(prog)s digits --condition 7 --num 16 --seed 0 --out sevens.png
  %(prog)s my.keras --num 5000 --out images
"""
SIDE = 8  # images in a column of a grid, and in a row where nothing else says how many


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a parser."""
    add_model(parser)
    add_images(parser)
    parser.add_argument(
        "--num", type=positive, help="how many images (64; of several classes a column for each)"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--best", type=share, help="keep this share, which the discriminator takes for most real"
    )
    which.add_argument(
        "--truncation",
        type=above_zero,
        help="clearer images, less different: draw values of latents beyond it again, such as 1.5; "
        "of a StyleGAN2 the share of the way from the mean w, such as 0.7",
    )
    parser.add_argument(
        "--out",
        type=file_or_folder,
        default=Path("generated.png"),
        help="a picture for a grid; for each image by itself, a name without an ending for a "
        "folder of PNGs, a .zip of them, or an .npz of one array (generated.png)",
    )
    add_quiet(parser)


def run(arguments: argparse.Namespace) -> None:
    """Writes generated images."""
    gan = load(arguments.model, compile=False)
    rows = find_rows(gan, arguments)
    usual, columns = arrange(rows)
    num_images = usual if arguments.num is None else arguments.num
    condition = repeat_rows(rows, num_images)
    if arguments.best is None:
        images = gan.generate(
            num_images, condition, seed=arguments.seed, truncation=arguments.truncation
        )
    else:
        out_of = num_images * math.ceil(1 / arguments.best)
        images = gan.generate_best(num_images, out_of, condition, seed=arguments.seed)
    if arguments.out.suffix.lower() in ARCHIVES:
        save_archive(images, arguments.out)
    elif arguments.out.suffix:
        save_grid(images, arguments.out, columns=columns)
    else:
        save_images(images, arguments.out)
    if not arguments.quiet:
        print(f"{num_images} images: {arguments.out}")


def file_or_folder(text: str) -> Path:
    """Returns the path of a file to write, or of a folder that is empty or not there yet."""
    path = Path(text)
    if path.suffix and path.suffix.lower() not in {*Image.registered_extensions(), *ARCHIVES}:
        raise argparse.ArgumentTypeError(
            f"must have the ending of a picture, such as .png or .jpg, .zip, .npz, or none for a "
            f"folder, got {text!r}"
        )
    if not path.suffix and path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise argparse.ArgumentTypeError(
            f"must be a new or empty folder, or a picture such as {text}.png, but {text!r} holds "
            "something"
        )
    return path


def arrange(rows: list[Row] | None) -> tuple[int, int | None]:
    """Returns how many images to make by default, and how many of them stand side by side.

    Each row of a condition gets a column, or several; each of many rows gets one image.
    """
    if rows is None or len(rows) == 1:
        return SIDE * SIDE, None
    if len(rows) > 2 * SIDE:
        return len(rows), None
    columns = len(rows) * max(1, round(SIDE / len(rows)))
    return SIDE * columns, columns
