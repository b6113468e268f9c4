"""The commands of the shell, one file each.

Each command has ``add_arguments(parser)``, which adds its options to the parser, and
``run(arguments)``, which runs it.
"""

from gankit.commands import card, evaluate, explore, export, generate, interpolate, train, translate

#: The module of each command, by the command's name.
COMMANDS = {
    "train": train,
    "generate": generate,
    "explore": explore,
    "interpolate": interpolate,
    "translate": translate,
    "evaluate": evaluate,
    "card": card,
    "export": export,
}

__all__ = ["COMMANDS"]
