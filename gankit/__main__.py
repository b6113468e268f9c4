"""The command line: ``gankit train``, ``gankit generate`` and the other commands.

Thin over the library: each of ``gankit.commands`` calls what a script would call, and writes one
file or prints a few numbers. ``python -m gankit`` is the same.
"""

import argparse
import importlib
import itertools
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from gankit.checks import did_you_mean
from gankit.commands import COMMANDS
from gankit.version import __version__

SUMMARY = "Train a GAN on your pictures, and use it."


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Ends the process with a status of 2, which says that the arguments have to change."""
        if found := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message):
            choices = re.findall(r"[\w.-]+", found[2])
            message = f"{message}.{did_you_mean(found[1], choices)}"
        message = message if message.endswith((".", "?")) else f"{message}."
        self.exit(2, f"error: {message} See {self.prog} --help.\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command; what can't work is said in a line.

    The process then ends with 2, if other arguments are needed, or with 1 for what the machine
    refuses: a full disk, a download, a package that is missing.

    Args:
        arguments: as a shell gives them; None for those of the process.
    """
    parser = build_parser()
    options, unknown = parser.parse_known_args(arguments)
    parser = getattr(options, "parser", parser)  # the command's, if there is one
    if unknown:
        name = unknown[0].partition("=")[0]
        hint = did_you_mean(name, set(re.findall(r"--[\w-]+", parser.format_help())))
        parser.error(f"There is nothing like {name!r} here.{hint}")
    if "run" not in options:
        parser.print_help()
        return
    try:
        import_modules(options.imports)
        options.run(options)
    except KeyboardInterrupt:
        sys.exit(130)
    except (FileExistsError, NotADirectoryError) as error:
        way = f"A file is where a folder is needed: {error.filename!r}. Give another path."
        parser.exit(2, f"error: {way if error.filename else error}\n")
    except (ValueError, TypeError) as error:
        parser.exit(2, f"error: {error}\n")
    except (OSError, ImportError) as error:
        sys.exit(f"error: {error}")


def build_parser() -> Parser:
    """Returns what reads the command line."""
    as_module = Path(sys.argv[0]).name == "__main__.py"
    parser = Parser("python -m gankit" if as_module else "gankit", description=SUMMARY)
    parser.add_argument("--version", action="version", version=f"gankit {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, command in COMMANDS.items():
        one = commands.add_parser(
            name,
            help=command.SUMMARY.removesuffix("."),
            description=command.SUMMARY,
            epilog=f"examples:{command.EXAMPLES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(one)
        one.set_defaults(run=command.run, parser=one)
    add_completion(parser, commands.choices.values())
    return parser


def add_completion(parser: Parser, commands: Iterable[argparse.ArgumentParser]) -> None:
    """Adds ``--print-completion``, where shtab is installed, which writes it for a shell."""
    try:
        import shtab
    except ImportError:
        return
    for action in itertools.chain.from_iterable(command._actions for command in commands):
        if action.choices is None and action.nargs != 0:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    shtab.add_argument_to(parser, "--print-completion", help="print what completes commands")


def import_modules(names: Iterable[str]) -> None:
    """Imports modules in which classes are registered."""
    if "" not in sys.path:  # where python -m looks first, and a console script does not
        sys.path.insert(0, "")
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in (name, name.partition(".")[0]):
                raise
            raise ValueError(
                f"--import: there is no module {name!r}. Give its name as import takes it, and run "
                "in the folder that holds it."
            ) from error


if __name__ == "__main__":
    main()
