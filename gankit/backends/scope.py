"""Temporary values of variables."""

from collections.abc import Iterable
from typing import Any

import keras

from gankit.typing import Tensor


class Scope(keras.StatelessScope):
    """A ``keras.StatelessScope`` within another one: what it does not hold, that one does.

    Args:
        values: pairs of a variable and its value.

    Attributes:
        known: all variables that were read and not held here, by id.
        assigned: all variables that were assigned, by id.
    """

    def __init__(self, values: Iterable[tuple[keras.Variable, Tensor]] = ()):
        super().__init__(list(values))
        self.original_scope: Any = None
        self.known: dict[int, keras.Variable] = {}
        self.assigned: dict[int, keras.Variable] = {}

    def get_current_value(self, variable: keras.Variable) -> Tensor | None:
        """Returns a variable's value here, or around here; None if no scope holds it."""
        value = super().get_current_value(variable)
        if value is not None:
            return value
        self.known[id(variable)] = variable
        around = self.original_scope
        return None if around is None else around.get_current_value(variable)

    def add_update(self, update: tuple[keras.Variable, Tensor]) -> None:
        """Takes note of a value that was assigned."""
        super().add_update(update)
        self.assigned[id(update[0])] = update[0]

    def changes(self) -> list[tuple[keras.Variable, Tensor]]:
        """Returns what was assigned: pairs of a variable and its value."""
        return [(variable, self.get_current_value(variable)) for variable in self.assigned.values()]


def assign(changes: Iterable[tuple[keras.Variable, Tensor]]) -> None:
    """Assigns values to variables, in the scope that is open, if there is one."""
    for variable, value in changes:
        variable.assign(value)
