"""Moving averages of networks' weights, which make better images than the weights do.

Yazici et al. 2018, "The Unusual Effectiveness of Averaging in GAN Training", arXiv:1806.04498.
"""

import numbers

import keras
from keras import ops

from gankit.typing import Number, Tensor


def check_average(name: str, value: Number | None) -> Number | None:
    """Returns None, a decay or a half-life in images as a float, or a schedule of half-lives.

    Raises:
        ValueError: anything else.

    Examples:
        >>> gankit.training.averages.check_average("generator_ema", 10_000)
        10000.0
    """
    if value is None or callable(value):
        return value
    given: object = value
    is_number = isinstance(given, numbers.Real) and not isinstance(given, bool)
    if not is_number or not 0 <= float(value) < float("inf"):
        raise ValueError(
            f"{name} must be None, a decay per step in [0, 1), e.g. 0.999, a half-life in "
            f"images of 1 or more, e.g. 10_000, or a schedule of half-lives, got {value!r}."
        )
    return float(value)


def average_of(network: keras.Model) -> keras.Model:
    """Returns a copy of a network that is to keep its average.

    Examples:
        >>> network = architectures.dcgan.build_generator((8, 8, 1), filters=2)
        >>> average = gankit.training.averages.average_of(network)
        >>> average.output_shape == network.output_shape, average is network
        (True, False)
    """
    average = clone(network)
    average.trainable = False  # for good: it follows, it does not learn
    return average


def follow(average: keras.Model, network: keras.Model, decay: Tensor) -> None:
    """Moves an average by one step: decay * average + (1 - decay) * weights.

    What is not trained, such as the statistics of batch normalization, is copied.

    Args:
        average: of the network, see ``average_of``.
        network: whose weights to follow.
        decay: b in [0, 1), see ``decay_at``.

    Examples:
        >>> network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        >>> average = gankit.training.averages.average_of(network)
        >>> network.set_weights([np.ones((1, 1))])
        >>> average.set_weights([np.zeros((1, 1))])
        >>> gankit.training.averages.follow(average, network, decay=0.9)
        >>> print(np.round(average.get_weights()[0], 3))  # 0.9 * 0 + 0.1 * 1
        [[0.1]]
    """
    for mean, weight in zip(average.weights, network.weights, strict=True):
        if weight.trainable:
            weight = decay * mean + (1.0 - decay) * weight
        mean.assign(weight)


def decay_at(step: Tensor, generator_ema: Number, num_images: Tensor) -> Tensor:
    """Returns what an average keeps of itself at a step.

    Args:
        step: training steps completed.
        generator_ema: a decay per step below 1, a half-life in images, or a schedule of half-lives,
            0 of which keeps nothing.
        num_images: how many this step has trained on, on all devices.

    Examples:
        >>> decay_at = gankit.training.averages.decay_at
        >>> round(float(decay_at(1_000_000, 10_000, 10_000)), 3)  # a half-life of images
        0.5
        >>> round(float(decay_at(0, 0.999, 64)), 3)  # warming up: at most (1 + 0) / (10 + 0)
        0.1
    """
    decay = half_life = generator_ema
    if callable(generator_ema):
        half_life = ops.maximum(generator_ema(step), 1e-3)  # images: 0 would divide by it
    if callable(generator_ema) or generator_ema >= 1:
        decay = 0.5 ** (ops.cast(num_images, "float32") / half_life)
    step = ops.cast(step, "float32")
    return ops.minimum(decay, (1.0 + step) / (10.0 + step))


def clone(network: keras.Model) -> keras.Model:
    """Returns a network of the same layers and weights that shares none of them.

    Examples:
        >>> network = architectures.dcgan.build_generator((8, 8, 1), filters=2)
        >>> copy = gankit.training.averages.clone(network)
        >>> copy.count_params() == network.count_params(), copy.weights[0] is network.weights[0]
        (True, False)
    """
    try:
        copy = keras.models.clone_model(network, clone_function=clone_layer)
        if type(copy) is not type(network):  # a subclass of a functional model, with its own call
            copy = type(network).from_config(network.get_config())
    except (TypeError, ValueError, NotImplementedError) as error:
        raise TypeError(
            f"The average of the weights needs a copy of {network.name!r}, which Keras can't make. "
            "A layer of your own class needs a get_config that returns its arguments, and **kwargs "
            f"that go to super().__init__; or pass generator_ema=None. Keras says: {error}"
        ) from error
    copy.set_weights(network.get_weights())
    return copy


def clone_layer(layer: keras.Layer) -> keras.Layer:
    """Returns a layer of the same configuration, with weights of its own.

    A ``Lambda`` has none, and Keras doesn't make a Python function out of a configuration: it is
    shared.

    Examples:
        >>> dense = keras.layers.Dense(3, name="scores")
        >>> copy = gankit.training.averages.clone_layer(dense)
        >>> copy.name, copy is dense
        ('scores', False)
    """
    if isinstance(layer, keras.layers.Lambda):
        return layer
    return type(layer).from_config(layer.get_config())
