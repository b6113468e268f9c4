"""A frozen network as a layer."""

from typing import Any

import keras
import numpy as np

from gankit.configured import Configured
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class Frozen(Configured, keras.layers.Layer):
    """A copy of a network that stays as it is: no step trains it, and it runs in inference mode.

    So its batch normalization keeps its statistics, and its dropout drops nothing, whatever it is a
    part of. Gradients by its inputs go through it.

    Args:
        network: a functional or sequential model; it is copied, and not changed.
        **kwargs: of ``keras.layers.Layer``.

    Examples:
        >>> classifier = metrics.extractors.digits()
        >>> frozen = layers.Frozen(classifier)
        >>> len(frozen.trainable_variables), len(classifier.trainable_variables) > 0
        (0, True)
    """

    def __init__(self, network: keras.Model, **kwargs: Any):
        super().__init__(**kwargs)
        self.network = keras.models.clone_model(network)
        self.network.set_weights(network.get_weights())
        self.network.trainable = False
        self.built = True

    def call(self, inputs: Tensor, training: bool = False) -> Any:
        """Returns the network's outputs."""
        return self.network(inputs, training=False)

    def as_keras_layer(self) -> keras.Layer:
        """Returns a network of Keras alone that computes the same in inference; not built yet."""
        return keras.models.clone_model(self.network)

    def keras_weights(self) -> list[np.ndarray]:
        """Returns the weights that ``as_keras_layer`` needs, as arrays."""
        return self.network.get_weights()
