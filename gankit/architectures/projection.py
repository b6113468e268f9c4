"""The projection discriminator's condition: a class, by an inner product with the features.

Miyato and Koyama 2018, "cGANs with Projection Discriminator", arXiv:1802.05637.
"""

from keras import ops

from gankit.typing import Tensor


def project(scores: Tensor, features: Tensor, vectors: Tensor) -> Tensor:
    """Returns scores of images of given classes, float32 ``(batch, 1)``.

    Args:
        scores: those of the images alone, ``(batch, 1)``.
        features: of the images, ``(batch, units)``.
        vectors: of their classes, ``(batch, units)``: an embedding, which must compute in float32,
            or its vectors are rounded before they get here.
    """
    product = ops.cast(vectors, "float32") * ops.cast(features, "float32")
    return ops.cast(scores, "float32") + ops.sum(product, axis=-1, keepdims=True)
