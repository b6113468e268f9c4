"""Three convolutions that sharpen an enlarged image: SRCNN, super-resolution before GANs.

Dong et al. 2015, "Image Super-Resolution Using Deep Convolutional Networks", arXiv:1501.00092, in
its first form, 9-1-5. There is no discriminator: it is a plain Keras model, trained by the mean
squared error. Its input is an image that was enlarged by cubic interpolation.
"""

import keras
from keras import layers

FILTERS = (64, 32)
KERNEL_SIZES = (9, 1, 5)


def build_network(
    image_shape: tuple[int | None, int | None, int] = (None, None, 1),
    kernel_sizes: tuple[int, int, int] = KERNEL_SIZES,
    name: str = "srcnn",
) -> keras.Model:
    """Returns a network from enlarged images to sharp ones, both of any size.

    The paper's convolutions have no padding and shrink the image; these keep its size. Outputs are
    not bounded.

    Args:
        image_shape: ``(height, width, channels)``; None is any size. The paper's has one channel,
            luma.
        kernel_sizes: of the three convolutions.
        name: of the model.

    Raises:
        ValueError: another number of ``kernel_sizes``.

    Examples:
        >>> network = architectures.srcnn.build_network()
        >>> network.input_shape, network.output_shape
        ((None, None, None, 1), (None, None, None, 1))
    """
    if len(kernel_sizes) != len(FILTERS) + 1:
        raise ValueError(f"kernel_sizes are of {len(FILTERS) + 1} layers, got {kernel_sizes!r}.")
    images = x = keras.Input(image_shape, name="images")
    for filters, size in zip(FILTERS, kernel_sizes[:-1], strict=True):
        x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
    outputs = layers.Conv2D(image_shape[-1], kernel_sizes[-1], padding="same", dtype="float32")(x)
    return keras.Model(images, outputs, name=name)
