"""What a trained GAN is asked for most, from a shell: ``python -m gankit generate MODEL.keras``.

Thin over the library: each command loads a ``.keras`` file, or the model inside the package that a
name such as ``digits`` stands for, calls what a script would call, and writes one file or prints a
few numbers.
"""

import argparse
import importlib
import itertools
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np

from gankit import data, latents
from gankit.checks import check_at_least_one, check_choice
from gankit.gans.gan import GAN
from gankit.grids import make_grid, save_animation, save_grid, save_images
from gankit.metrics import by_name, extract, extractors, measure
from gankit.saving import load
from gankit.typing import ImageData, Structure

Row: TypeAlias = int | list[float]  # of a condition

CHUNK = 100  # images that are looked at together
SIDE = 8  # images in a column of a grid, and in a row where nothing else says how many


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command; what can't work is said in a line, and the process ends with 1.

    Args:
        arguments: as a shell gives them; None for those of the process.
    """
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        for module in options.imports:
            importlib.import_module(module)
        options.command(options)
    except (ValueError, TypeError, OSError, ImportError) as error:
        sys.exit(f"error: {error}")


def build_parser() -> argparse.ArgumentParser:
    """Returns what reads the command line."""
    parser = argparse.ArgumentParser("python -m gankit", description="Use a trained GAN.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    generate = add_command(commands, "generate", generate_images, "write generated images")
    generate.add_argument(
        "--num", type=int, help="how many images (64; of several classes a column for each)"
    )
    generate.add_argument(
        "--best", type=share, help="keep this share, which the discriminator takes for most real"
    )
    generate.add_argument(
        "--out",
        type=Path,
        default=Path("generated.png"),
        help="a picture for a grid; a name without an ending for a folder of PNGs (generated.png)",
    )

    interpolate = add_command(
        commands, "interpolate", film_interpolation, "write a GIF of ways between latents"
    )
    interpolate.add_argument("--num", type=int, default=16, help="images side by side (16)")
    interpolate.add_argument("--stops", type=int, default=4, help="latents on each way (4)")
    interpolate.add_argument("--steps", type=int, default=12, help="frames to the next stop (12)")
    interpolate.add_argument(
        "--out", type=Path, default=Path("interpolation.gif"), help="(interpolation.gif)"
    )

    evaluate = add_command(
        commands, "evaluate", print_metrics, "compare generated images with real ones"
    )
    evaluate.add_argument(
        "--real", required=True, help="a folder of images, or 'digits', those inside the package"
    )
    evaluate.add_argument(
        "--metrics", nargs="+", default=["fid", "kid"], help="see gankit.metrics.measure (fid kid)"
    )
    evaluate.add_argument(
        "--extractor",
        help="what takes the features: 'inception', which Keras downloads once, 'digits' or a "
        ".keras file (inception; of digits their classifier)",
    )
    evaluate.add_argument(
        "--num", type=int, default=5000, help="images on either side, at most (5000)"
    )
    evaluate.add_argument("--out", type=Path, help="a .json to write the values to")
    return parser


def add_command(
    commands: Any, name: str, command: Callable[[argparse.Namespace], None], what: str
) -> argparse.ArgumentParser:
    """Returns the parser of a command, with the options that all of them share."""
    parser = commands.add_parser(name, help=what, description=f"{what.capitalize()}.")
    parser.set_defaults(command=command)
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a .keras file that GAN.save wrote, or 'digits', a model inside the package",
    )
    parser.add_argument("--seed", type=int, help="for the same images each time")
    parser.add_argument(
        "--condition",
        nargs="+",
        type=read_row,
        metavar="ROW",
        help="what the generator is told: a class, such as 7, or numbers with commas, such as "
        "0,1,1; several are taken in turns (all classes, where the generator takes one)",
    )
    parser.add_argument(
        "--import",
        nargs="+",
        default=[],
        dest="imports",
        metavar="MODULE",
        help="modules in which classes of your own are registered",
    )
    return parser


def share(text: str) -> float:
    """Returns a number in (0, 1]."""
    number = float(text)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"must be a share above 0, at most 1, got {text}")
    return number


def read_row(text: str) -> Row:
    """Returns a row of a condition: an integer, or several numbers."""
    try:
        return [float(part) for part in text.split(",")] if "," in text else int(text)
    except ValueError as error:
        message = f"must be a class, such as 7, or numbers with commas, such as 0,1,1, got {text!r}"
        raise argparse.ArgumentTypeError(message) from error


def find_rows(gan: GAN, condition: list[Row] | None) -> list[Row] | None:
    """Returns the rows of a condition: those given, else all classes, where they are known.

    None where the generator takes no condition, or the GAN draws one itself, as an ``InfoGAN``.
    """
    taken = gan.generator_inputs.of("condition")
    if condition is not None or len(taken) != 1 or not gan.needs_condition():
        return condition
    num_classes = taken[0].num_classes
    return None if num_classes is None else list(range(num_classes))


def repeat_rows(rows: list[Row] | None, num_images: int) -> np.ndarray | None:
    """Returns a row of a condition for each image, in turns."""
    if rows is None:
        return None
    return np.array(list(itertools.islice(itertools.cycle(rows), num_images)))


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


def generate_images(options: argparse.Namespace) -> None:
    """Writes generated images, as a grid or each as a file."""
    gan = load(options.model, compile=False)
    rows = find_rows(gan, options.condition)
    usual, columns = arrange(rows)
    num_images = usual if options.num is None else options.num
    condition = repeat_rows(rows, num_images)
    if options.best is None:
        images = gan.generate(num_images, condition, seed=options.seed)
    else:
        out_of = num_images * math.ceil(1 / options.best)
        images = gan.generate_best(num_images, out_of, condition, seed=options.seed)
    if options.out.suffix:
        save_grid(images, options.out, columns=columns)
    else:
        save_images(images, options.out)
    print(f"{num_images} images: {options.out}")


def film_interpolation(options: argparse.Namespace) -> None:
    """Writes a film of grids, in which each image goes from stop to stop and back to the first."""
    check_at_least_one("--stops", options.stops)
    check_at_least_one("--steps", options.steps)
    if options.out.suffix != ".gif":
        raise ValueError(f"--out must end in .gif, got {str(options.out)!r}.")
    gan = load(options.model, compile=False)
    condition = repeat_rows(find_rows(gan, options.condition), options.num)
    seed = np.random.SeedSequence(options.seed).generate_state(1)[0] % 2**31
    drawn = gan.sample_latents(options.num * options.stops, seed=int(seed))
    if drawn is None:
        raise ValueError("This generator takes no latents: there is no way between them.")
    stops = np.asarray(drawn).reshape(options.stops, options.num, -1)
    ways = latents.interpolate(
        stops,
        np.roll(stops, -1, axis=0),
        options.steps + 1,
        method=gan.latent_prior.interpolation,
    )
    frames = np.moveaxis(ways[:, :, :-1], 2, 1).reshape(-1, *stops.shape[1:])
    grids = [make_grid(gan.generate(None, condition, frame, seed=int(seed))) for frame in frames]
    save_animation(grids, options.out, frame_duration=0.08, last_frame_duration=0.08)
    print(f"{len(grids)} frames: {options.out}")


def print_metrics(options: argparse.Namespace) -> None:
    """Prints the values of metrics, and writes them where that is asked for."""
    gan = load(options.model, compile=False)
    metrics = by_name.find_functions(options.metrics)
    real, num_real = find_real(options.real, gan.generator.output_shape[1:])
    name = options.extractor or ("digits" if options.real == "digits" else "inception")
    extractor = find_extractor(name)
    seen = extract(real, extractor, num_images=min(options.num, num_real))
    condition = repeat_rows(find_rows(gan, options.condition), options.num)
    fake = extract(gan.generate(options.num, condition, seed=options.seed), extractor)
    if condition is not None and condition.ndim == 1:
        fake = fake._replace(labels=condition)
    values = measure(seen, fake, metrics)
    for metric, value in values.items():
        print(f"{metric} {value:.6g}")
    print(f"{len(seen.values)} real images, {len(fake.values)} generated ones, extractor {name}")
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(values, indent=2) + "\n")


def find_real(name: str, image_shape: tuple[int, ...]) -> tuple[ImageData, int]:
    """Returns the embedded digits, or batches of the images in a folder, and how many there are."""
    if name == "digits":
        digits, _ = data.sample_digits()
        return digits, len(digits)
    if len(image_shape) != 3:
        raise ValueError(f"This generator makes no images, but arrays of shape {image_shape}.")
    height, width, channels = image_shape
    photos = data.from_directory(
        name,
        image_size=(height, width),
        batch_size=1,
        color_mode="rgb" if channels == 3 else "grayscale",
    )
    return in_chunks(photos), len(photos.file_paths)


def in_chunks(batches: Iterable[Structure]) -> Iterator[np.ndarray]:
    """Yields the images of small batches, some more at a time."""
    remaining = iter(batches)
    while chunk := list(itertools.islice(remaining, CHUNK)):
        yield np.concatenate(chunk)


def find_extractor(name: str) -> keras.Model:
    """Returns the network that takes the features."""
    if name.endswith(".keras"):
        return keras.models.load_model(name, compile=False)
    check_choice("--extractor, unless it is a .keras file,", name, ("digits", "inception"))
    return extractors.digits() if name == "digits" else extractors.inception()


if __name__ == "__main__":
    main()
