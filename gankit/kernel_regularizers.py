"""Weight regularizers that Keras does not have, for ``kernel_regularizer`` of its layers."""

import keras
from keras import ops

from gankit.typing import Config, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class OffDiagonal(keras.regularizers.Regularizer):
    """Orthogonal regularization of off-diagonal entries alone, BigGAN's.

    ``weight`` times the sum of the squared inner products of all pairs of different filters, whose
    norms are free. It makes generators smoother, so that truncated latents give better images. A
    GAN logs it in the term ``regularization``.

    Args:
        weight: beta, 0 or more.

    Raises:
        ValueError: a weight below 0.

    Examples:
        >>> off_diagonal = gankit.kernel_regularizers.OffDiagonal(0.5)
        >>> kernel = ops.convert_to_tensor([[1.0, 1.0], [0.0, 1.0]])
        >>> float(off_diagonal(kernel))  # 0.5 * (1 + 1): the pair counts in both orders
        1.0

    References:
        Brock et al. 2018, "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
        arXiv:1809.11096, equation 3.
    """

    def __init__(self, weight: float = 1e-4):
        if weight < 0:
            raise ValueError(f"weight must be 0 or more, got {weight!r}.")
        self.weight = weight

    def __call__(self, kernel: Tensor) -> Tensor:
        """Returns the loss of a kernel, whose last axis is that of filters, a scalar."""
        kernel = ops.convert_to_tensor(kernel)
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        # All products, those of a filter with itself too, have the same sum of squares either way:
        # a layer of more filters than inputs is spared a matrix of filters by filters.
        wide = matrix.shape[0] < matrix.shape[1]
        other = ops.transpose(matrix)
        products = ops.matmul(matrix, other) if wide else ops.matmul(other, matrix)
        own = ops.sum(ops.square(matrix), axis=0)
        return self.weight * (ops.sum(ops.square(products)) - ops.sum(ops.square(own)))

    def get_config(self) -> Config:
        """Returns the weight, by name."""  # by hand: the one of Keras's base raises
        return {"weight": self.weight}
