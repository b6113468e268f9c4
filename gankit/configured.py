"""Configurations that follow from a constructor's signature, so that no class writes its own."""

import inspect
from typing import Any, Self

import keras

from gankit.typing import Config

PASSED_ON = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Configured:
    """A base class whose ``get_config`` follows from the constructor's signature.

    Scikit-learn's convention: each argument of the constructor is an attribute of the same name.
    Arguments that ``**kwargs`` passes on to further classes count too. Layers, networks and other
    objects of Keras among them are serialized.

    It comes before bases of Keras, as in ``class Clip(Configured, keras.constraints.Constraint)``,
    and leaves to them what their own configurations hold.

    Examples:
        >>> class Slope(gankit.configured.Configured):
        ...     def __init__(self, weight=10.0):
        ...         self.weight = weight
        ...
        >>> Slope(0.5).get_config()
        {'weight': 0.5}
        >>> Slope(0.5)
        Slope(weight=0.5)
    """

    def get_config(self) -> Config:
        """Returns the constructor's arguments by name, ready to be written to a file.

        Raises:
            NotImplementedError: an argument that is not an attribute.
        """
        inherited: Config = getattr(super(), "get_config", dict)()
        own = {
            name: keras.saving.serialize_keras_object(read_argument(self, name, owner))
            for name, owner in find_arguments(type(self)).items()
            if name not in inherited
        }
        return inherited | own

    def __repr__(self) -> str:
        """Returns the class and its arguments; Keras's own text for layers and networks."""
        if isinstance(self, keras.Layer):
            return super().__repr__()
        arguments = (f"{name}={getattr(self, name, '?')!r}" for name in find_arguments(type(self)))
        return f"{type(self).__name__}({', '.join(arguments)})"

    @classmethod
    def from_config(cls, config: Config, custom_objects: dict[str, Any] | None = None) -> Self:
        """Returns the object that ``get_config`` describes.

        Args:
            config: arguments of the constructor; objects of Keras may be serialized or not. Tuples
                become lists, as they do in a file.
            custom_objects: classes by name that are not registered with Keras.
        """
        return cls(**keras.saving.deserialize_keras_object(config, custom_objects))


def find_arguments(cls: type[Configured]) -> dict[str, type]:
    """Returns what a constructor takes: each argument's name, and the class that declares it.

    Goes up the bases as far as ``**kwargs`` goes, and no further than ``Configured``.
    """
    arguments: dict[str, type] = {}
    for base in cls.__mro__[: cls.__mro__.index(Configured)]:
        if "__init__" not in vars(base):
            continue
        _, *parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        for parameter in parameters:
            if parameter.kind not in PASSED_ON:
                arguments.setdefault(parameter.name, base)
        if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
            break
    return arguments


def read_argument(instance: Configured, name: str, owner: type) -> Any:
    """Returns the attribute that holds an argument, or raises ``NotImplementedError``."""
    if not hasattr(instance, name):
        raise NotImplementedError(
            f"{owner.__name__}.__init__ takes {name!r}, but {type(instance).__name__} has no "
            f"attribute of that name, so the argument would be lost in a file. Keep it in the "
            f"constructor: self.{name} = {name}."
        )
    return getattr(instance, name)
