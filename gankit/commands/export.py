"""``gankit export``: a network as a file for programs without gankit."""

import argparse
import sys
from pathlib import Path

from gankit.commands.options import add_model, add_quiet
from gankit.saving import load
from gankit.training.exporting import FORMATS, ExportError

SUMMARY = "Write a network for other programs."
EXAMPLES = """
  %(prog)s digits --to onnx --out digits.onnx
  %(prog)s my.keras --to tflite
  %(prog)s my.keras --to keras --network discriminator --out critic.keras
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a parser."""
    add_model(parser)
    parser.add_argument("--to", required=True, choices=FORMATS, help="the format")
    parser.add_argument(
        "--network",
        choices=("generator", "discriminator"),
        default="generator",
        help="which network to export: the generator (its moving average, if it has one) or the "
        "discriminator (generator)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="the file to write, or the folder of a savedmodel (the network's name with the "
        "format's ending)",
    )
    add_quiet(parser)


def run(arguments: argparse.Namespace) -> None:
    """Writes a network, and prints how much the file's outputs differ from the network's."""
    one = FORMATS[arguments.to]
    path = arguments.out or Path(arguments.network + one.ending)
    gan = load(arguments.model, compile=False)
    try:
        difference = gan.export(path, arguments.to, arguments.network)
    except ExportError as error:
        sys.exit(f"error: {error}")
    if arguments.quiet:
        return
    print(f"{arguments.network}: {path}")
    if difference is None:
        print(f"Not checked: what runs it is missing. pip install {one.packages}")
    else:
        nearness = f"no output differs by more than {difference:.0e} of the largest one"
        print(f"Checked by running it: {nearness}.")
