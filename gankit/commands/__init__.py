"""The commands of the shell, one file each.

A command has ``add_arguments(parser)``, which says in the parser's description what it does and
takes its options, and ``run(arguments)``, which does it.
"""

from gankit.commands import card, evaluate, explore, export, generate, interpolate, train, translate

#: By the name that a shell gives.
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
