"""The rebooted auxiliary classifier GAN: embeddings on a sphere instead of class logits."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit import losses
from gankit.gans.gan import GAN
from gankit.training.batch import Batch, split_outputs
from gankit.typing import Number, Scalars, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class ReACGAN(GAN):
    """A rebooted auxiliary classifier GAN: embeddings on a sphere instead of class logits.

    The gradients of an ACGAN's cross-entropy grow with the norm of the features, and don't vanish
    for images that are classified well. Here images and classes have embeddings of norm 1, and the
    data to data cross-entropy, the term ``class``, attracts an image to its class and repels it
    from images of other classes in the batch, each up to a margin. The discriminator minimizes it
    on real images, the generator on its own. By default the loss is ``"hinge"``.

    Args:
        generator: as in ``GAN``, with a condition: labels of shape ``(batch,)``.
        discriminator: as in ``GAN``, with the same condition and three outputs: scores, and
            embeddings of images and of their classes, both ``(batch, n)``, which are normalized
            here; ``architectures.heads.add_embeddings`` makes it of any other.
        class_weight: factor of the term ``class``.
        temperature: by which similarities are divided.
        positive_margin: cosine similarity of an image and its class above which nothing attracts.
        negative_margin: cosine similarity of images of different classes below which nothing
            repels.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: a network that takes no condition, or other outputs.

    Examples:
        >>> dcgan, heads = architectures.dcgan, architectures.heads
        >>> body = dcgan.build_discriminator((8, 8, 1), filters=4)
        >>> discriminator = heads.add_embeddings(body, num_classes=10, embedding_dim=32)
        >>> gan = gankit.ReACGAN(
        ...     dcgan.build_generator((8, 8, 1), latent_dim=16, filters=4, num_classes=10),
        ...     discriminator,
        ... )
        >>> [tuple(output.shape) for output in gan.discriminator.outputs]
        [(None, 1), (None, 32), (None, 32)]

    See Also:
        ``ACGAN``, with a classifier.

    References:
        Kang et al. 2021, "Rebooting ACGAN: Auxiliary Classifier GANs with Stable Training",
        arXiv:2111.01118.
    """

    default_loss: ClassVar[str | losses.Loss] = "hinge"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        class_weight: Number = 0.5,
        temperature: float = 0.5,
        positive_margin: float = 0.98,
        negative_margin: float = 0.02,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.class_weight = class_weight
        self.temperature = temperature
        self.positive_margin = positive_margin
        self.negative_margin = negative_margin
        self.generator_inputs.require(condition=1)
        self.discriminator_inputs.require(condition=1)
        _, heads = split_outputs(discriminator.output)
        if len(heads) != 2 or heads[0].shape != heads[1].shape or len(heads[0].shape) != 2:
            raise ValueError(
                "A ReACGAN's discriminator has three outputs, scores, and embeddings of images and "
                "of classes, both (batch, n), got outputs of the shapes "
                f"{[tensor.shape for tensor in discriminator.outputs]}."
            )

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the weighted cross-entropy of real images."""
        return super().discriminator_losses(real, fake) | {"class": self.class_loss(real)}

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the weighted cross-entropy of generated images."""
        return super().generator_losses(real, fake) | {"class": self.class_loss(fake)}

    def class_loss(self, batch: Batch) -> Tensor:
        """Returns the weighted data to data cross-entropy of a batch, a scalar."""
        embeddings, proxies = batch.heads
        costs = data_to_data_cross_entropy(
            embeddings,
            proxies,
            batch.condition,
            self.temperature,
            self.positive_margin,
            self.negative_margin,
        )
        return self.current(self.class_weight) * ops.mean(costs)


def data_to_data_cross_entropy(
    embeddings: Tensor,
    proxies: Tensor,
    classes: Tensor,
    temperature: float,
    positive_margin: float,
    negative_margin: float,
) -> Tensor:
    """Returns the loss of each image, ``(batch,)``, 0 or more.

    Args:
        embeddings: of the images, ``(batch, n)``.
        proxies: embeddings of their classes, ``(batch, n)``.
        classes: integers ``(batch,)``.
        temperature: see ``ReACGAN``.
        positive_margin: see ``ReACGAN``.
        negative_margin: see ``ReACGAN``.
    """
    embeddings, proxies = ops.normalize(embeddings), ops.normalize(proxies)
    near = ops.sum(embeddings * proxies, axis=-1) - positive_margin
    near = ops.minimum(near, 0.0) / temperature
    far = ops.matmul(embeddings, ops.transpose(embeddings)) - negative_margin
    far = ops.maximum(far, 0.0) / temperature
    others = ops.not_equal(classes[:, None], classes[None, :])
    far = ops.where(others, far, -1e9)  # images of the same class do not count
    together = ops.logsumexp(ops.concatenate([near[:, None], far], axis=1), axis=1)
    return together - near
