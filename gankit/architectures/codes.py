"""The last layers of encoders."""

from keras import layers

from gankit.typing import Tensor


def codes(features: Tensor, latent_dim: int, stochastic: bool) -> Tensor | list[Tensor]:
    """Returns the codes of images, or the mean and the logarithm of the variance of their codes.

    Args:
        features: ``(batch, n)``.
        latent_dim: length of a code.
        stochastic: whether there is a variance, which begins at about 1.
    """
    mean = layers.Dense(latent_dim, dtype="float32", name="codes")(features)
    if not stochastic:
        return mean
    small = {"kernel_initializer": "zeros", "name": "log_variance"}
    return [mean, layers.Dense(latent_dim, dtype="float32", **small)(features)]
