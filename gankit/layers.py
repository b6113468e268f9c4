"""Layers and a weight constraint that Keras does not have."""

from typing import Any

import keras
import numpy as np
from keras import ops

from gankit.checks import check_at_least_one
from gankit.configured import Configured
from gankit.differentiation import substituted
from gankit.typing import Config, Tensor

# What makes a convolution keep the size of the upsampled image.
SAME_SIZE = {
    "strides": 1,
    "padding": "same",
    "dilation_rate": 1,
    "groups": 1,
    "data_format": "channels_last",
}


@keras.saving.register_keras_serializable(package="gankit")
class UpsampleConv2D(Configured, keras.layers.Conv2D):
    """``UpSampling2D(scale)`` followed by ``Conv2D(padding="same")``, computed before enlarging.

    Same weights, same initial values, same function but for rounding, less work. Upsampling repeats
    each pixel, so many taps of the kernel fall on equal pixels, and can be added up first: the pair
    is one transposed convolution of stride ``scale``, whose kernel is that of the layer, summed
    over windows of ``scale`` x ``scale``. A 5x5 kernel at scale 2 becomes one of 6x6, which costs 9
    products a pixel of the large image instead of 25; a 3x3 one at scale 2 costs 4 instead of 9,
    a 5x5 one at scale 4 costs 4 instead of 25. Kernels of one or two pixels win nothing, and are
    computed in the plain way.

    Args:
        filters: channels of the output.
        kernel_size: int, or ``(height, width)``.
        scale: int of at least 2, by how much height and width grow.
        **kwargs: of ``keras.layers.Conv2D``, but for ``strides``, ``padding``, ``dilation_rate``,
            ``groups`` and ``data_format``, which are settled.

    Input shape ``(batch, height, width, channels)``, output shape ``(batch, scale * height,
    scale * width, filters)``.

    Raises:
        ValueError: a scale below 2.
        TypeError: one of the arguments that are settled.
    """

    def __init__(
        self, filters: int, kernel_size: int | tuple[int, int], scale: int = 2, **kwargs: Any
    ):
        super().__init__(filters, kernel_size, **SAME_SIZE, **kwargs)
        if not isinstance(scale, int) or scale < 2:
            raise ValueError(f"scale must be an integer of at least 2, got {scale!r}.")
        self.scale = scale
        self.folds = [fold_axis(size, scale) for size in self.kernel_size]

    @property
    def products(self) -> tuple[int, int]:
        """Products for each pixel of the small image and each pair of channels: folded, plain."""
        height, width = (len(fold) for fold in self.folds)
        return height * width, self.scale**2 * self.kernel_size[0] * self.kernel_size[1]

    def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """Returns the convolution of the upsampled inputs, without bias and activation."""
        folded, plain = self.products
        if folded >= plain:
            rows = ops.repeat(inputs, self.scale, axis=1)
            return super().convolution_op(ops.repeat(rows, self.scale, axis=2), kernel)
        # u, v: taps of the transposed convolution; y, x: taps of the kernel
        folds = [ops.cast(fold, kernel.dtype) for fold in self.folds]
        kernel = ops.einsum("uy,vx,yxcf->uvfc", *folds, kernel)
        return ops.conv_transpose(
            inputs, kernel, self.scale, padding="same", data_format=self.data_format
        )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns ``(batch, scale * height, scale * width, filters)``."""
        batch, *size, _ = input_shape
        return (batch, *(None if n is None else n * self.scale for n in size), self.filters)

    def as_keras_layer(self) -> keras.Layer:
        """Returns layers of Keras alone that compute the same; not built yet."""
        convolution = keras.layers.Conv2D.from_config(
            {k: v for k, v in self.get_config().items() if k != "scale"} | SAME_SIZE
        )
        steps = [keras.layers.UpSampling2D(self.scale), convolution]
        return keras.Sequential(steps, name=self.name)

    def keras_weights(self) -> list[np.ndarray]:
        """Returns the weights that ``as_keras_layer`` needs, as arrays."""
        return self.get_weights()

    def get_config(self) -> Config:
        """Returns the constructor's arguments, without those of Keras that are settled."""
        return {k: v for k, v in super().get_config().items() if k not in SAME_SIZE}


def fold_axis(kernel_size: int, scale: int) -> np.ndarray:
    """Returns which taps of a kernel each tap of the transposed convolution takes in, by 0 and 1.

    A pixel x of the small image stands ``scale`` times in the large one. Tap u of the transposed
    convolution leads from x to the pixel p = scale * x + u - before, and takes in each tap of the
    kernel that leads from p to one of the repetitions of x.

    Returns:
        float32 ``(taps, kernel_size)``. There are ``kernel_size + scale - 1`` taps, or one more
        without any content, where "same" would pad the two convolutions differently.
    """
    taps = kernel_size + scale - 1 + (kernel_size + 1) % 2
    same, before = (kernel_size - 1) // 2, (taps - scale) // 2  # what "same" puts first
    u, repetition, tap = np.indices((taps, scale, kernel_size))
    return (tap == repetition - u + same + before).any(axis=1).astype("float32")


@keras.saving.register_keras_serializable(package="gankit")
class SpectralNormalization(Configured, keras.layers.Wrapper):
    """A layer whose kernel is divided by its largest singular value.

    A reparametrisation: the weights are never rewritten, the division is part of the computation,
    and gradients go through it. (``keras.layers.SpectralNormalization`` writes the divided kernel
    into the layer's weights.) The singular value comes from power iteration, which takes a step in
    each call in training, as the kernel moves slowly.

    Args:
        layer: a layer with a ``kernel``, whose last axis is that of the outputs, such as ``Dense``
            and ``Conv2D``, or an ``Embedding``.
        power_iterations: steps of the iteration a call.
        **kwargs: of ``keras.layers.Wrapper``.

    Input and output shapes are those of the layer.

    Raises:
        ValueError: ``power_iterations`` is below 1.
        AttributeError: a layer without a kernel.

    References:
        Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks",
        arXiv:1802.05957.
    """

    def __init__(self, layer: keras.Layer, power_iterations: int = 1, **kwargs: Any):
        # Its own computation stays in float32; the layer casts for itself.
        super().__init__(layer, autocast=False, **kwargs)
        check_at_least_one("power_iterations", power_iterations)
        self.power_iterations = power_iterations

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds the layer, and makes the vector of the power iteration."""
        super().build(input_shape)
        embeds = isinstance(self.layer, keras.layers.Embedding)
        self.kernel = self.layer.embeddings if embeds else self.layer.kernel
        self.vector = self.add_weight(
            shape=(1, self.kernel.shape[-1]),
            initializer="random_normal",
            trainable=False,
            name="vector",  # not aggregated: all replicas compute the same one
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Returns what the layer makes with the divided kernel."""
        kernel = ops.convert_to_tensor(self.kernel)
        divided = kernel / self.largest_singular_value(kernel, training)
        with substituted([(self.kernel, divided)]):
            return self.layer(inputs)

    def largest_singular_value(self, kernel: Tensor, training: bool) -> Tensor:
        """Returns the estimate that the power iteration has come to."""
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        right = ops.convert_to_tensor(self.vector)
        for _ in range(self.power_iterations):
            left = ops.normalize(ops.matmul(right, ops.transpose(matrix)))
            right = ops.normalize(ops.matmul(left, matrix))
        left, right = ops.stop_gradient(left), ops.stop_gradient(right)
        if training:
            self.vector.assign(right)
        return ops.sum(ops.matmul(left, matrix) * right)

    def as_keras_layer(self) -> keras.Layer:
        """Returns a layer of Keras alone that computes the same in inference; not built yet."""
        return type(self.layer).from_config(self.layer.get_config())

    def keras_weights(self) -> list[np.ndarray]:
        """Returns the weights that ``as_keras_layer`` needs, as arrays: the kernel is divided."""
        divisor = self.largest_singular_value(ops.convert_to_tensor(self.kernel), training=False)
        return [
            ops.convert_to_numpy(weight / divisor if weight is self.kernel else weight)
            for weight in self.layer.weights
        ]


@keras.saving.register_keras_serializable(package="gankit")
class ImagePool(Configured, keras.layers.Layer):
    """Keeps generated images, and gives some of them in exchange for new ones.

    The first images fill the pool. Later, each image of a batch is given back as it is, or, in half
    of the cases, changes places with one in the pool, so that a discriminator does not forget what
    the generator did before. The content is a variable, and is saved. Of several replicas the
    first one fills it.

    Args:
        size: how many images are kept; 0 gives every image back.
        **kwargs: of ``keras.layers.Layer``.

    References:
        Shrivastava et al. 2016, "Learning from Simulated and Unsupervised Images through
        Adversarial Training", arXiv:1612.07828, section 2.3.
    """

    def __init__(self, size: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.size = size

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the store; the images' shape must be known but for the batch."""
        own = {"trainable": False, "initializer": "zeros", "aggregation": "only_first_replica"}
        self.images = self.add_weight(
            shape=(self.size + 1, *input_shape[1:]), dtype="float32", autocast=False, **own
        )
        self.filled = self.add_weight(shape=(), dtype="int32", **own)
        self.built = True

    def exchange(self, images: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Returns as many images as it gets, some of them earlier ones.

        Args:
            images: float32 ``(batch, height, width, channels)``.
            seed: a ``keras.random.SeedGenerator``.
        """
        if not self.size:
            return images
        number = ops.shape(images)[0]
        filling = self.filled < self.size
        next_free = self.filled + ops.arange(number)
        order = keras.random.shuffle(ops.arange(self.size), seed=seed)
        slots = ops.where(filling, next_free, ops.take(order, ops.arange(number) % self.size))
        swapped = keras.random.uniform((number,), seed=seed) < 0.5
        swapped = ops.logical_and(swapped, ops.logical_not(filling))
        stored = ops.logical_or(swapped, next_free < self.size)
        slots = ops.where(stored, slots, self.size)  # what is not kept goes to the spare place
        earlier = ops.take(self.images, slots, axis=0)
        self.images.assign(ops.scatter_update(self.images, slots[:, None], images))
        self.filled.assign(ops.minimum(self.filled + number, self.size))
        return ops.where(swapped[:, None, None, None], earlier, images)


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


@keras.saving.register_keras_serializable(package="gankit")
class Frozen(Configured, keras.layers.Layer):
    """A copy of a network that stays as it is: no step trains it, and it runs in inference mode.

    So its batch normalization keeps its statistics, and its dropout drops nothing, whatever it is a
    part of. Gradients by its inputs go through it.

    Args:
        network: a functional or sequential model; it is copied, and not changed.
        **kwargs: of ``keras.layers.Layer``.
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


@keras.saving.register_keras_serializable(package="gankit")
class GumbelSoftmax(Configured, keras.layers.Layer):
    """Draws one of several categories, so that gradients find the way back to their logits.

    softmax((logits + g) / temperature) with g from the Gumbel distribution: the largest output is
    that of a category drawn by the logits' softmax, and the lower the temperature, the nearer to
    one-hot outputs are. It draws in inference, too; ``generate(seed=...)`` settles what.

    Args:
        temperature: positive.
        seed: integer or ``keras.random.SeedGenerator``; None for one that follows from
            ``keras.utils.set_random_seed``.
        **kwargs: of ``keras.layers.Layer``.

    Input and output shape ``(..., categories)``.

    Raises:
        ValueError: a temperature that is not positive.

    References:
        Jang et al. 2016, "Categorical Reparameterization with Gumbel-Softmax", arXiv:1611.01144.
    """

    def __init__(self, temperature: float = 0.2, seed: int | None = None, **kwargs: Any):
        super().__init__(**{"dtype": "float32"} | kwargs)  # whose range the logarithms need
        if not temperature > 0:
            raise ValueError(f"temperature must be positive, got {temperature!r}.")
        self.temperature = temperature
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, logits: Tensor) -> Tensor:
        """Returns shares of sum 1, most of it at the category that was drawn."""
        uniform = keras.random.uniform(ops.shape(logits), 1e-20, 1.0, seed=self.seed_generator)
        gumbel = -ops.log(-ops.log(uniform))
        hot = (logits + gumbel) / self.temperature
        # Not ops.softmax, which warns of a single category.
        return ops.exp(hot - ops.logsumexp(hot, axis=-1, keepdims=True))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the logits' shape."""
        return input_shape


@keras.saving.register_keras_serializable(package="gankit")
class FadeIn(Configured, keras.layers.Layer):
    """Blends what was there with what is new: ``(1 - alpha) * old + alpha * new``.

    ``alpha`` is a weight that is not trained: 0 at first, moved by ``ProgressiveGAN``, and saved.

    Args:
        **kwargs: of ``keras.layers.Layer``.

    Input: a list of two tensors of one shape, the old one first. Output: one of that shape.
    """

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        """Makes ``alpha``."""
        self.alpha = self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="alpha",
        )
        super().build(input_shape)

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Returns the blend."""
        old, new = inputs
        return old + self.alpha * (new - old)

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """Returns the shape of either."""
        return tuple(input_shape[0])

    def advance(self, share: float) -> None:
        """Moves ``alpha`` by ``share`` towards 1, where it stays."""
        self.alpha.assign(ops.minimum(self.alpha + share, 1.0))

    def as_keras_layer(self) -> keras.Layer:
        """Returns a network of Keras alone that blends as this layer does now."""
        alpha = float(ops.convert_to_numpy(self.alpha))
        old, new = (keras.Input(one.shape[1:]) for one in self.input)
        parts = [keras.layers.Rescaling(1 - alpha)(old), keras.layers.Rescaling(alpha)(new)]
        return keras.Model([old, new], keras.layers.add(parts), name=self.name)

    def keras_weights(self) -> list[np.ndarray]:
        """Returns none."""
        return []


@keras.saving.register_keras_serializable(package="gankit")
class Clip(Configured, keras.constraints.Constraint):
    """Keeps each weight within [-bound, bound].

    Args:
        bound: positive.
    """

    def __init__(self, bound: float):
        self.bound = bound

    def __call__(self, weight: Tensor) -> Tensor:
        """Returns the nearest weight within the bounds."""
        return ops.clip(weight, -self.bound, self.bound)


def synchronize(network: keras.Model) -> keras.Model:
    """Returns a copy of a network whose batch normalization is that of all devices together.

    Under ``tf.distribute`` each replica normalizes by the statistics of its own part of the batch.
    With ``generator=gankit.layers.synchronize(generator)`` the parts are put together, so that N
    replicas compute what one does on the whole batch, for some communication in every layer.

    Args:
        network: a functional or sequential model; make the copy within the strategy's scope.
    """

    def copy(layer):
        config = layer.get_config()
        if isinstance(layer, keras.layers.BatchNormalization):
            config["synchronized"] = True
        return type(layer).from_config(config)

    synchronized = keras.models.clone_model(network, clone_function=copy, recursive=True)
    synchronized.set_weights(network.get_weights())
    return synchronized
