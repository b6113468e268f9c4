"""The facts in a report: networks, settings, versions and machine."""

import inspect
import os
import platform
import sys
from typing import Any

import keras
import numpy as np

from gankit.callbacks.changes import is_object, show
from gankit.differentiation import backend
from gankit.gans import GAN
from gankit.typing import Number
from gankit.version import __version__


def describe_recipe(gan: GAN) -> dict[str, str]:
    """Returns what a GAN is made of, and how it is trained, by name."""
    networks = {id(one): one for one in gan.all_networks()}.values()
    shapes = gan.position.data.get("shapes", [])
    facts = {
        "GAN": type(gan).__name__,
        **{title(network.name): f"{network.count_params():,} weights" for network in networks},
        "Latents": summarize(gan.latent_prior) if gan.generator_inputs.of("latents") else "",
        "Loss": summarize(gan.loss),
        "Penalty": summarize(gan.penalty),
        "Regularizers": summarize(list(gan.regularizers)),
        "Augmentation": summarize(gan.augment),
        **{f"Optimizer of {name}": summarize(one.optimizer) for name, one in gan.phases.items()},
        "Steps of the discriminator": summarize(gan.discriminator_steps),
        "Average of the generator": tell_average(gan.generator_ema),
        "Batch": " and ".join(" x ".join(map(str, shape)) for shape in shapes),
        "Seed": summarize(gan.seed),
    }
    return {name: value for name, value in facts.items() if value}


def describe_machine(gan: GAN) -> dict[str, str]:
    """Returns facts on the machine, by name, but none that identify it: reports are shared."""
    name = backend.__name__.rsplit(".", 1)[-1]
    device = getattr(gan.generator.variables[0].value, "device", "")
    return {
        "gankit": __version__,
        "Keras": keras.__version__,
        "Backend": f"{name} {sys.modules[name].__version__}",
        "NumPy": np.__version__,
        "Python": platform.python_version(),
        "System": f"{platform.system()} on {platform.machine()}",
        "CPU cores": str(os.cpu_count()),
        "Device": str(device).rsplit("device:", 1)[-1],
    }


def summarize(thing: Any) -> str:
    """Describes an object in one line: its class, and the arguments that aren't defaults."""
    if isinstance(thing, list | tuple):
        return ", ".join(map(summarize, thing))
    if is_object(thing):
        return write_call(thing["class_name"], thing["config"])
    if not hasattr(thing, "get_config"):
        return "none" if thing is None else show(thing)
    parameters = inspect.signature(type(thing)).parameters
    config = thing.get_config()
    given = {
        name: config[name]
        for name, parameter in parameters.items()
        if name in config and config[name] != parameter.default
    }
    return write_call(type(thing).__name__, given)


def write_call(name: str, arguments: dict[str, Any]) -> str:
    """Returns the call that makes an object, without its name and arguments that are None."""
    shown = [
        f"{key}={summarize(value)}"
        for key, value in arguments.items()
        if key != "name" and value is not None
    ]
    return f"{name}({', '.join(shown)})" if shown else name


def tell_average(length: Number | None) -> str:
    """Returns the half-life or decay of an average of weights, in words."""
    if length is None:
        return "none"
    if callable(length):
        return f"half-life in images: {summarize(length)}"
    return f"half-life of {length:,.0f} images" if length >= 1 else f"decay of {length:g} a step"


def title(name: str) -> str:
    """Returns the name of a network as a title."""
    return name.replace("_", " ").capitalize()
