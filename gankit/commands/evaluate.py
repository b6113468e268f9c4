"""``gankit evaluate``: metrics of generated images against real ones."""

import argparse
import itertools
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import keras
import numpy as np

from gankit import data
from gankit.commands.conditions import find_rows, repeat_rows
from gankit.commands.options import add_images, add_model, add_quiet, file_ending_in, positive
from gankit.data.folders import find_images
from gankit.data.images import CHANNELS
from gankit.data.opening import open_image
from gankit.gans.gan import GAN
from gankit.metrics import Features, by_name, extract, extractors, measure
from gankit.metrics.field_resizing import RESIZERS, Resize
from gankit.saving import is_run, load
from gankit.typing import ColorMode, ImageData, OnError, Structure

SUMMARY = "Compare generated images, or those of a folder, with real ones."
EXAMPLES = """
  %(prog)s digits --real digits
  %(prog)s my.keras --real photos --num 2000 --out values.json
  %(prog)s made --real photos --metrics kid precision_recall density_coverage --json
"""
CHUNK = 100  # images in a batch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a parser."""
    add_model(parser)
    add_images(parser)
    parser.add_argument(
        "--real", required=True, help="a folder of images, or 'digits', those inside the package"
    )
    parser.add_argument(
        "--metrics",
        nargs="+",
        default=["fid", "kid"],
        metavar="NAME",
        help=f"one or more of {', '.join(by_name.NAMES)} (fid kid)",
    )
    parser.add_argument(
        "--extractor",
        help="the network that extracts features: 'inception', which Keras downloads once, "
        "'digits' or a .keras file (inception, or digits if --real is digits)",
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help="weights for inception: the .pth of pytorch-fid or torch-fidelity, for values that "
        "are comparable with published ones, or a .h5, if Keras can't download its own",
    )
    parser.add_argument(
        "--resize",
        choices=tuple(RESIZERS),
        default="clean",
        help="how to resize for a .pth: as clean-fid, pytorch-fid or torch-fidelity does (clean)",
    )
    parser.add_argument(
        "--on-error",
        choices=("raise", "skip"),
        default="raise",
        help="what to do with a real image that can't be read: name it and stop, or skip it "
        "(raise)",
    )
    parser.add_argument(
        "--num", type=positive, default=5000, help="maximum number of images on each side (5000)"
    )
    parser.add_argument(
        "--out", type=file_ending_in(".json"), help="a .json to write the values to"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the values as JSON, and nothing else"
    )
    add_quiet(parser, "print the values, and nothing else")


def run(arguments: argparse.Namespace) -> None:
    """Prints the values of the metrics, and writes them to a file if requested."""
    metrics = by_name.find_functions(arguments.metrics)
    quiet = arguments.quiet or arguments.json
    verbose = 0 if quiet else 1
    if is_folder_of_images(arguments.model):
        gan, shape = None, find_shape(arguments.model)
    else:
        gan = load(arguments.model, compile=False)
        shape = gan.generator.output_shape[1:]
    real, num_real = find_images_of(arguments.real, shape, arguments.on_error)
    name = arguments.extractor or ("digits" if arguments.real == "digits" else "inception")
    extractor = find_extractor(name, arguments.weights, arguments.resize)
    seen = extract(real, extractor, num_images=min(arguments.num, num_real), verbose=verbose)
    if gan is None:
        made, number = find_images_of(arguments.model, shape, arguments.on_error)
        number = min(arguments.num, number)
        fake = extract(made, extractor, num_images=number, verbose=verbose)
    else:
        fake = extract_fakes(gan, arguments, extractor, verbose)
    values = measure(seen, fake, metrics)
    known = {m: v if math.isfinite(v) else None for m, v in values.items()}  # as JSON has it
    text = json.dumps(known, indent=2)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text + "\n")
    print(text if arguments.json else "\n".join(f"{m} {v:.6g}" for m, v in values.items()))
    if not quiet:
        kind = "others" if gan is None else "generated ones"
        numbers = f"{len(seen.values)} real images, {len(fake.values)} {kind}"
        print(f"{numbers}, extractor {extractor.name}")


def extract_fakes(
    gan: GAN, arguments: argparse.Namespace, extractor: keras.Model, verbose: int
) -> Features:
    """Returns the features of generated images, with the requested classes."""
    condition = repeat_rows(find_rows(gan, arguments), arguments.num)
    made = gan.generate(arguments.num, condition, seed=arguments.seed)
    fake = extract(made, extractor, verbose=verbose)
    if condition is not None and condition.ndim == 1 and condition.dtype.kind == "i":
        fake = fake._replace(labels=np.resize(condition, arguments.num))
    return fake


def is_folder_of_images(name: str) -> bool:
    """Returns whether a name is that of a folder other than a run's."""
    return Path(name).is_dir() and not is_run(Path(name))


def find_shape(folder: str) -> tuple[int, int, int]:
    """Returns the shape of the first image in a folder, in colour."""
    with open_image(find_images(folder, "skip")[0]) as image:
        return image.height, image.width, CHANNELS["rgb"]


def find_images_of(
    name: str, image_shape: tuple[int, ...], on_error: OnError
) -> tuple[ImageData, int]:
    """Returns the embedded digits, or batches of the images in a folder, and how many there are."""
    if name == "digits":
        digits, _ = data.sample_digits()
        return digits, len(digits)
    if len(image_shape) != 3:
        raise ValueError(f"This generator makes no images, but arrays of shape {image_shape}.")
    height, width, channels = image_shape
    modes: dict[int, ColorMode] = {count: mode for mode, count in CHANNELS.items()}
    if channels not in modes:
        raise ValueError(
            f"This generator makes images with {channels} channels, but photos have 1, 3 or 4."
        )
    photos = data.from_directory(
        name,
        image_size=(height, width),
        batch_size=1,
        color_mode=modes[channels],
        on_error=on_error,
    )
    return in_chunks(photos), len(photos.file_paths)


def in_chunks(batches: Iterable[Structure]) -> Iterator[np.ndarray]:
    """Yields the images of small batches in larger batches."""
    remaining = iter(batches)
    while chunk := list(itertools.islice(remaining, CHUNK)):
        yield np.concatenate(chunk)


def find_extractor(name: str, weights: str | None, resize: Resize) -> keras.Model:
    """Returns the network that extracts the features."""
    if weights and name != "inception":
        raise ValueError(
            f"--weights goes with --extractor inception, not with {name!r}: leave it out."
        )
    if weights and not Path(weights).is_file():
        raise ValueError(f"--weights: there is no file {weights!r}.")
    if not weights:
        return extractors.find(name)
    if weights.endswith(".h5"):
        return extractors.inception(weights)
    return extractors.inception_2015(weights, resize)
