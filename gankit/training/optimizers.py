"""Several optimizers in the place where Keras expects one."""

from collections.abc import Callable, Iterable, Mapping

import keras

from gankit.checks import did_you_mean
from gankit.training.phase import Phase


class Optimizers:
    """All optimizers, read-only, for what Keras's callbacks ask of ``model.optimizer``.

    The generator's comes first: its iterations are the number of training steps.

    Args:
        phases: by name.
    """

    def __init__(self, phases: Mapping[str, Phase]):
        last_the_discriminator = sorted(phases, key=lambda name: name == "discriminator")
        self.optimizers = tuple(phases[name].optimizer for name in last_the_discriminator)
        self.built = True

    @property
    def variables(self) -> list[keras.Variable]:
        """The state of all: slots, iterations, learning rates."""
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]

    @property
    def iterations(self) -> keras.Variable:
        """The number of training steps: updates of the generator."""
        return self.optimizers[0].iterations


def dcgan_adam() -> keras.optimizers.Optimizer:
    """Returns the optimizer of DCGAN and of many papers since.

    Radford et al. 2015, arXiv:1511.06434, section 4.
    """
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


def copy_of(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Returns a new optimizer of the same settings."""
    return type(optimizer).from_config(optimizer.get_config())


def choose_optimizers(
    names: Iterable[str],
    given: Mapping[str, str | keras.optimizers.Optimizer | None],
    default: Callable[[], keras.optimizers.Optimizer],
) -> dict[str, keras.optimizers.Optimizer]:
    """Returns an optimizer for each phase by name, made by ``default`` where None is given.

    Raises:
        ValueError: an optimizer for a phase that is not there, or one for two phases.
    """
    names = list(names)
    for name in given:
        if name not in names:
            raise ValueError(
                f"There is no phase {name!r} to give an optimizer, there are {names}."
                + did_you_mean(name, names)
            )
    chosen = {
        name: default() if given.get(name) is None else keras.optimizers.get(given[name])
        for name in names
    }
    owners: dict[int, str] = {}
    for name, optimizer in chosen.items():
        owner = owners.setdefault(id(optimizer), name)
        if owner != name:
            raise ValueError(
                f"{owner}_optimizer and {name}_optimizer are the same object. Create one optimizer "
                "for each network."
            )
    return chosen
