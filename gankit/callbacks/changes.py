"""Differences between a script and the one that wrote a checkpoint."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gankit.archives import CONFIG, read_json
from gankit.gans import GAN
from gankit.training.position import read_learning_rates
from gankit.typing import Config

#: Settings that may change freely: how steps run, and the seed, whose state is restored.
IGNORED = {"run_eagerly", "steps_per_execution", "jit_compile", "name", "seed"}
NAMES_OF_LAYERS = {"name", "keras_history", "input_layers", "output_layers"}


class Change(NamedTuple):
    """A setting by its name, with its old and its new value."""

    name: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.name}: {show(self.old)} -> {show(self.new)}"


def find_changes(gan: GAN, path: Path) -> list[Change]:
    """Returns the changes since a checkpoint was written with which the run can continue.

    Learning rates that are numbers are left out: callbacks change them, too.

    Raises:
        ValueError: a different class, different networks, a different class of optimizer, or a
            learning rate that is now a schedule and was a number, or vice versa.
    """
    then = read_json(path, CONFIG)
    now = json.loads(gan.to_json())
    networks = names_of_networks(gan, now["config"])
    changes = [*compare(settings(then), settings(now))]
    refused = [one for one in changes if is_refused(one, networks)]
    if refused:
        more = [f"and {len(refused) - 5} more"] if len(refused) > 5 else []
        raise ValueError(as_list([*refused[:5], *more]))
    return [one for one in changes if not is_rate(one)]


def take_rates(gan: GAN, given: list[float | None]) -> list[str | Change]:
    """Sets learning rates that the script has changed, unless a callback has changed them.

    A callback has changed a rate if it is no longer the one given to ``compile``.

    Args:
        gan: the GAN, restored from the checkpoint.
        given: what ``compile`` was given when the checkpoint was written, for each optimizer.

    Returns:
        What has changed, and whether the change is used.
    """
    told: list[str | Change] = []
    optimizers, position = gan.optimizer.optimizers, gan.position
    rates = read_learning_rates(optimizers)
    for number, (old, new) in enumerate(zip(given, position.given_rates, strict=True)):
        change = Change(f"{optimizers[number].name}_optimizer.learning_rate", old, new)
        if old == new or new is None:
            continue
        if rates[number] == old:
            optimizers[number].learning_rate = position.learning_rates[number] = new
            told.append(change)
        else:
            told.append(f"{change} is not taken: a callback has set it to {show(rates[number])}")
    return told


def compare_data(then: Config, now: Config, step: int) -> list[Change]:
    """Returns how the data differ from those of a checkpoint.

    Args:
        then: what ``describe_data`` returned when the checkpoint was written.
        now: what it returns now.
        step: training steps completed in the current epoch.

    Raises:
        ValueError: the data now has fewer batches than ``step``.
    """
    if now["batches"] is not None and now["batches"] < step:
        raise ValueError(
            f"{step} batches of an epoch are trained, but an epoch of the data has only "
            f"{now['batches']} batches now, and had {then['batches']}. Use the data that the run "
            "started with, or another folder."
        )
    changes = [
        change
        for name in ("batches", "shapes")
        for change in compare(then[name], now[name], f"data.{name}")
    ]
    if not then["means"] or not now["means"]:
        return changes
    means = np.array(then["means"]), np.array(now["means"])
    if changes or np.allclose(*means, rtol=1e-3, atol=1e-3):  # decoders differ in rounding
        return changes
    few = [" ".join(f"{mean:.3g}" for mean in one[0, :3]) for one in means]
    return [Change("means of the data's first images", *few)]


def as_list(changes: list[Any]) -> str:
    """Returns changes, each in a line of its own."""
    return "".join(f"\n  {change}" for change in changes)


# Configurations in Keras's format


def names_of_networks(gan: GAN, config: Config) -> list[str]:
    """Returns which arguments of a GAN are networks that it trains."""
    networks = {id(network) for network in gan.all_networks()}
    return [name for name in config if id(getattr(gan, name, None)) in networks]


def settings(config: Config) -> Config:
    """Returns the settings to compare in a GAN's configuration: class, networks, arguments."""
    arguments = config["config"] | config["compile_config"]
    kept = {name: without_names(one) for name, one in arguments.items() if name not in IGNORED}
    return {"class": config["class_name"], **kept}


def without_names(value: Any) -> Any:
    """Replaces the names of layers by numbers, since Keras's names change between processes."""
    names = [find_name(layer) for layer in find_layers(value)]
    numbers = {name: number for number, name in enumerate(names)}

    def replace(value, is_name=False):
        if isinstance(value, dict):
            return {
                key: replace(one, is_name or key in NAMES_OF_LAYERS)
                for key, one in value.items()
                if not key.endswith("_initializer")  # no longer matters
            }
        if isinstance(value, list):
            return [replace(one, is_name) for one in value]
        return numbers.get(value, value) if is_name and isinstance(value, str) else value

    return replace(value)


def find_layers(value: Any) -> Iterator[Config]:
    """Yields all layers and networks, including nested ones."""
    if is_object(value) and find_name(value):
        yield value
    inside = value.values() if isinstance(value, dict) else value
    for one in inside if isinstance(value, dict | list) else []:
        yield from find_layers(one)


def find_name(value: Config) -> str | None:
    """Returns the name of a layer or network, which Keras may have numbered automatically."""
    if value["class_name"].endswith("DTypePolicy"):  # its name has a meaning
        return None
    config = value["config"]  # that of a user's class may lack the name
    return value.get("name", config.get("name") if isinstance(config, dict) else None)


def is_object(value: Any) -> bool:
    """Returns whether a value stands for an object of some class."""
    return isinstance(value, dict) and "class_name" in value and "config" in value


def compare(old: Any, new: Any, name: str = "") -> Iterator[Change]:
    """Yields the smallest parts in which two configurations differ.

    Arguments that only one of them has are left out: they were added or removed since then.
    """
    if is_object(old) and is_object(new) and old["class_name"] == new["class_name"]:
        if old["class_name"] == "__lambda__":
            return  # its code depends on line numbers in the script
        old, new = (inside(value) for value in (old, new))
    if old == new:
        return
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        old, new = (dict(enumerate(value)) for value in (old, new))
    if not isinstance(old, dict) or not isinstance(new, dict) or is_object(old) or is_object(new):
        yield Change(name, old, new)
        return
    for key in old:
        if key in new:
            yield from compare(old[key], new[key], f"{name}.{key}" if name else str(key))


def inside(value: Config) -> Any:
    """Returns the arguments of an object, and how a layer is connected."""
    config = value["config"]
    if isinstance(config, dict) and "inbound_nodes" in value:
        return config | {"inputs": value["inbound_nodes"]}
    return config


def is_rate(change: Change) -> bool:
    """Returns whether a change is that of a constant learning rate."""
    return change.name.endswith("learning_rate") and isinstance(change.new, float)


def is_refused(change: Change, networks: list[str]) -> bool:
    """Returns whether a run can't be resumed after a change."""
    owner = change.name.split(".")[0]
    if owner in networks or owner == "class":
        return True
    if owner != "optimizers" and not owner.endswith("_optimizer"):
        return False
    if change.name.endswith("learning_rate"):
        return is_object(change.old) != is_object(change.new)
    return is_object(change.old) or is_object(change.new)


def show(value: Any) -> str:
    """Returns a value in a few words."""
    if is_object(value):
        return value["class_name"]
    return f"{value:.6g}" if isinstance(value, float) else f"{value!s:.60}"
