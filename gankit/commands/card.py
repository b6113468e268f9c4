"""``gankit card``: a model card for a run."""

import argparse
from pathlib import Path

from gankit.runs.card import write_card

SUMMARY = "Write a model card for a run, so that you can share its GAN."
EXAMPLES = """
  %(prog)s run
  %(prog)s faces/run
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a parser."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="a folder written by gankit train")
    parser.set_defaults(imports=[])


def run(arguments: argparse.Namespace) -> None:
    """Writes ``README.md`` into the run's folder."""
    print(f"{write_card(arguments.folder)}: add what the data are, and the terms of use.")
