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
SIDE = 8  # images in each column of a grid, and by default in each row


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a parser."""
    add_model(parser)
    add_images(parser)
    parser.add_argument(
        "--num", type=positive, help="how many images (64; for classes, a column each)"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--best", type=share, help="keep only this share: what the discriminator finds most real"
    )
    which.add_argument(
        "--truncation",
        type=above_zero,
        help="for clearer but less varied images: redraw latent values beyond this number, such "
        "as 1.5; for a StyleGAN2, scale the distance from the mean w, such as by 0.7",
    )
    parser.add_argument(
        "--out",
        type=file_or_folder,
        default=Path("generated.png"),
        help="a picture for one grid, or for single images a name without an ending for a folder "
        "of PNGs, a .zip of PNGs, or an .npz with one array (generated.png)",
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
            f"must be a new or empty folder, or a picture such as {text}.png, but {text!r} is not "
            "empty"
        )
    return path


def arrange(rows: list[Row] | None) -> tuple[int, int | None]:
    """Returns how many images to make by default, and how many of them go in each row.

    Each row of a condition gets one or more columns; if there are many, each gets one image.
    """
    if rows is None or len(rows) == 1:
        return SIDE * SIDE, None
    if len(rows) > 2 * SIDE:
        return len(rows), None
    columns = len(rows) * max(1, round(SIDE / len(rows)))
    return SIDE * columns, columns
