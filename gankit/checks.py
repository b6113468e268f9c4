"""Checks of arguments. Every part of gankit may use them; they depend on none."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

import keras
import numpy as np


def check_choice(name: str, value: object, choices: Collection[object]) -> None:
    """Raises ``ValueError`` unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {choices}, got {value!r}.")


def check_at_least_one(name: str, value: object) -> None:
    """Raises ``ValueError`` unless ``value`` is an integer of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be an integer of at least 1, got {value!r}.")


def check_fraction(
    name: str, value: float, interval: Literal["[0, 1]", "[0, 1)", "(0, 1]"] = "[0, 1]"
) -> None:
    """Raises ``ValueError`` unless ``value`` lies in ``interval``."""
    inside = {"[0, 1]": 0 <= value <= 1, "[0, 1)": 0 <= value < 1, "(0, 1]": 0 < value <= 1}
    if not inside[interval]:
        raise ValueError(f"{name} must lie in {interval}, got {value!r}.")


def check_seed(seed: int) -> None:
    """Raises ``TypeError`` or ``ValueError`` unless ``seed`` is an integer of at least 0."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise TypeError(f"seed must be an integer, got {seed!r}.")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}.")


def printable(path: object) -> str:
    """Returns a path as any message can show it: no bytes that are no text, no line breaks."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in str(path)
    )


def check_layer(name: str, value: object) -> None:
    """Raises ``TypeError`` unless ``value`` is None or a Keras layer."""
    if value is not None and not isinstance(value, keras.Layer):
        raise TypeError(
            f"{name} must be None or a Keras layer, which can be saved with the GAN, got {value!r}."
        )


def choose(what: str, given: object, names: Mapping[str, type], base: type, hint: str = "") -> Any:
    """Returns an instance of ``base``: ``given`` itself, or one of the class that it names.

    Raises:
        ValueError: a name that is not known; ``hint`` is the end of the error.
        TypeError: neither a name nor an instance.
    """
    if isinstance(given, str):
        if given not in names:
            hint = hint or did_you_mean(given, names)
            raise ValueError(f"There is no {what} {given!r}, there are {sorted(names)}.{hint}")
        return names[given]()
    if isinstance(given, base):
        return given
    raise TypeError(
        f"{what} must be one of the names {sorted(names)} or an instance of "
        f"{base.__module__}.{base.__name__}, got {given!r}.{hint}"
    )


def did_you_mean(name: object, names: Iterable[str]) -> str:
    """Returns the end of an error about an unknown name: up to three similar names, or nothing.

    With its space in front, so that ``f"There is no loss {name!r}.{did_you_mean(name, names)}"``
    reads well either way.
    """
    near = difflib.get_close_matches(str(name), list(names), n=3, cutoff=0.65)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
