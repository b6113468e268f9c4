"""``gankit interpolate``: a film of interpolated latents."""

import argparse
from pathlib import Path

import numpy as np

from gankit import latents
from gankit.commands.conditions import find_rows, repeat_rows
from gankit.commands.options import (
    add_images,
    add_model,
    add_quiet,
    file_ending_in,
    integer,
    positive,
)
from gankit.grids import make_grid, save_animation
from gankit.saving import load

SUMMARY = "Write a GIF that interpolates between latents."
EXAMPLES = """
  %(prog)s digits
  %(prog)s my.keras --num 9 --stops 6 --steps 20 --seed 0 --out film.gif
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a parser."""
    add_model(parser)
    add_images(parser)
    parser.add_argument("--num", type=positive, default=16, help="images side by side (16)")
    parser.add_argument("--stops", type=two_or_more, default=4, help="latents to pass through (4)")
    parser.add_argument("--steps", type=positive, default=12, help="frames to the next stop (12)")
    parser.add_argument(
        "--out",
        type=file_ending_in(".gif"),
        default=Path("interpolation.gif"),
        help="the file to write (interpolation.gif)",
    )
    add_quiet(parser)


def two_or_more(text: str) -> int:
    """Returns an integer of at least 2."""
    return integer(text, 2)


def run(arguments: argparse.Namespace) -> None:
    """Writes a film of grids, in which each image goes from stop to stop and back to the first."""
    gan = load(arguments.model, compile=False)
    condition = repeat_rows(find_rows(gan, arguments), arguments.num)
    seed = np.random.SeedSequence(arguments.seed).generate_state(1)[0] % 2**31
    drawn = gan.sample_latents(arguments.num * arguments.stops, seed=int(seed))
    if drawn is None:
        raise ValueError("This generator takes no latents, so there is nothing to interpolate.")
    stops = np.asarray(drawn).reshape(arguments.stops, arguments.num, -1)
    ways = latents.interpolate(
        stops,
        np.roll(stops, -1, axis=0),
        arguments.steps + 1,
        method=gan.latent_prior.interpolation,
    )
    frames = np.moveaxis(ways[:, :, :-1], 2, 1).reshape(-1, *stops.shape[1:])
    images = (gan.generate(None, condition, frame, seed=int(seed)) for frame in frames)
    grids = [make_grid(each, scale="auto") for each in images]
    save_animation(grids, arguments.out, frame_duration=0.08, last_frame_duration=0.08)
    if not arguments.quiet:
        print(f"{len(grids)} frames: {arguments.out}")
