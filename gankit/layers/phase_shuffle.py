"""Phase shuffle: random shifts in time, for discriminators of signals."""

from typing import Any

import keras
import numpy as np
from keras import ops

from gankit.checks import check_at_least_one
from gankit.configured import Configured
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class PhaseShuffle(Configured, keras.layers.Layer):
    """Shifts each signal in time by a few random samples, and mirrors what the shift lays bare.

    Transposed convolutions leave a tone of a fixed phase, by which a discriminator would know their
    signals at once, and learn nothing else: with shifts between its layers it can't rely on phases.
    Each signal of a batch is shifted by a number of its own, all of its channels alike; in
    inference nothing is.

    Args:
        most: the largest shift, in samples, in either direction.
        **kwargs: of ``keras.layers.Layer``.

    Input and output shape ``(batch, time, channels)``, of more samples than ``most``.

    Raises:
        ValueError: ``most`` is below 1.

    Examples:
        >>> signal = np.arange(5, dtype="float32")[None, :, None]
        >>> shuffled = layers.PhaseShuffle(2)
        >>> ops.shape(shuffled(signal, training=True))
        (1, 5, 1)
        >>> print(np.array(shuffled(signal, training=False))[0, :, 0])
        [0. 1. 2. 3. 4.]

    References:
        Donahue et al. 2018, "Adversarial Audio Synthesis", arXiv:1802.04208, section 3.3.
    """

    def __init__(self, most: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        check_at_least_one("most", most)
        self.most = most
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, signals: Tensor, training: bool = False) -> Tensor:
        """Returns shifted signals; in inference, the signals themselves."""
        if not training:
            return signals
        number, last = ops.shape(signals)[0], signals.shape[1] - 1
        drawn = keras.random.uniform((number, 1), seed=self.seed_generator, dtype="float32")
        shifts = ops.floor(drawn * (2 * self.most + 1)) - self.most
        places = ops.arange(last + 1) + ops.cast(shifts, "int32")
        places = last - ops.abs(last - ops.abs(places))  # mirrored at both ends
        # One lookup along a single axis: gradients of gradients of this one exist everywhere.
        flat = ops.reshape(signals, (-1, signals.shape[-1]))
        first = ops.arange(number, dtype="int32")[:, None] * (last + 1)
        return ops.take(flat, first + places, axis=0)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the input's."""
        return input_shape

    def as_keras_layer(self) -> keras.Layer:
        """Returns a layer of Keras alone that computes the same in inference."""
        return keras.layers.Identity(name=self.name)

    def keras_weights(self) -> list[np.ndarray]:
        """Returns none."""
        return []
