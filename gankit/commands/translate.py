"""``gankit translate``: image-to-image translation of photos of any size."""

import argparse
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from gankit.commands.options import add_model, add_quiet
from gankit.data.folders import find_images
from gankit.data.images import CHANNELS, decode, to_array
from gankit.data.opening import UnreadableImageError
from gankit.gans import GAN, CycleGAN
from gankit.grids import save_grid
from gankit.saving import load
from gankit.tiling import find_tile, translate_photo
from gankit.typing import ColorMode

SUMMARY = "Translate photos of any size with a Pix2Pix or CycleGAN."
EXAMPLES = """
  %(prog)s houses.keras maps --out photos
  %(prog)s zebras.keras horse.jpg --inverse
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a parser."""
    add_model(parser)
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="a photo, or a folder of them")
    parser.add_argument(
        "--out", type=Path, default=Path("translated"), help="the folder to write (translated)"
    )
    parser.add_argument("--inverse", action="store_true", help="a CycleGAN's other direction")
    add_quiet(parser)


def run(arguments: argparse.Namespace) -> None:
    """Writes a PNG for each photo, under the same name."""
    gan = load(arguments.model, compile=False)
    if arguments.inverse and not isinstance(gan, CycleGAN):
        raise ValueError("--inverse is for a CycleGAN, which translates in both directions.")
    find_tile(gan)  # raises unless the GAN translates images
    photos = arguments.photos
    root = photos if photos.is_dir() else photos.parent
    paths = find_images(photos, "raise") if photos.is_dir() else [str(photos)]
    written = 0
    for path in paths:
        try:
            photo = read(path, gan)
        except UnreadableImageError as error:
            warnings.warn(f"{path} can't be read: {error}. It is skipped.", stacklevel=1)
            continue
        made = translate_photo(gan, photo, inverse=arguments.inverse)
        target = arguments.out / Path(path).relative_to(root).with_suffix(".png")
        save_grid(made[None], target, padding=0, scale=None, value_range=gan.value_range or (-1, 1))
        written += 1
    if not arguments.quiet:
        print(f"{written} of {len(paths)} photos: {arguments.out}")


def read(path: str, gan: GAN) -> np.ndarray:
    """Returns a photo in the colours that the generator takes."""
    channels = gan.generator_inputs.of("condition")[0].shape[-1]
    modes: dict[int | None, ColorMode] = {number: name for name, number in CHANNELS.items()}
    mode = modes.get(channels, "rgb")
    picture: Image.Image = decode(path, mode)
    return to_array(picture)
