"""The semi-supervised GAN: its discriminator is a classifier that needs few labels."""

from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit import penalties
from gankit.gans.gan import GAN
from gankit.training.batch import Batch, split_outputs
from gankit.training.inputs import check_classes, check_images
from gankit.training.sampling import predict
from gankit.typing import Scalars, Structure, Tensor

UNLABELLED = -1  # the label of an image without a label


@keras.saving.register_keras_serializable(package="gankit")
class SGAN(GAN):
    """A semi-supervised GAN: a classifier of K classes, from few labels and many images.

    Generated images form one more class, whose logit is fixed at 0, so the score of an image is
    ``logsumexp(logits)``: an image is real if it belongs to any of the K classes. The discriminator
    minimizes the adversarial loss on all images, and the cross-entropy of the class on labelled
    ones, the term ``class``. The generator minimizes only the feature matching loss, the term
    ``features``: the squared distance between the mean features of real and of generated images. In
    the paper that gives the best classifiers, while images look better with other losses.

    The data is pairs of images and labels, with -1 for an image without a label. If there are few
    labels, repeat the labelled images so that each batch has some, as ``examples/few_labels.py``
    does.

    ``classify(images)`` predicts the classes. ``class_accuracy`` is logged for labelled images; it
    is 0 in a batch without any.

    Args:
        generator: as in ``GAN``, with latents as its only input.
        discriminator: from images to logits of the classes, ``(batch, K)``, and features,
            ``(batch, n)``, like the one in ``gankit.architectures.sgan``.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: networks that take a condition, or other outputs.

    Examples:
        >>> sgan = architectures.sgan
        >>> gan = gankit.SGAN(
        ...     sgan.build_generator((28, 28, 1), latent_dim=16, hidden_units=(32,)),
        ...     sgan.build_discriminator((28, 28, 1), num_classes=10, hidden_units=(32, 16)),
        ... )
        >>> few = np.where(np.arange(5000) < 100, labels, -1)  # -1: no label
        >>> dataset = data.from_arrays(digits, few, batch_size=100)  # for gan.fit(dataset)
        >>> gan.classify(images[:5]).shape
        (5, 10)

    References:
        Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, sections
        3.1 and 5.
    """

    default_penalty: ClassVar[penalties.Penalty | None] = None

    def __init__(self, generator: keras.Model, discriminator: keras.Model, **kwargs: Any):
        super().__init__(generator, discriminator, **kwargs)
        self.generator_inputs.require(condition=0)
        self.discriminator_inputs.require(condition=0)
        logits, features = split_outputs(discriminator.output)
        if len(logits.shape) != 2 or len(features) != 1:
            raise ValueError(
                "An SGAN's discriminator has two outputs, logits of the classes (batch, K) and "
                "features (batch, n), got outputs of the shapes "
                f"{[tensor.shape for tensor in discriminator.outputs]}."
            )
        self.num_classes = logits.shape[-1]

    def check_data(self, batch: Structure) -> None:
        """Raises unless ``batch`` is a pair of images and labels, -1 or a class."""
        super().check_data(batch)
        if batch is None:
            return
        labels = keras.utils.unpack_x_y_sample_weight(batch)[1]
        if labels is None:
            raise ValueError(
                "An SGAN needs pairs of images and labels, -1 where an image has none, but the "
                "data holds images only."
            )
        labels = np.asarray(labels)
        check_classes(np.where(labels == UNLABELLED, 0, labels), self.num_classes)

    def discriminate(self, batch: Batch) -> Batch:
        """Returns the batch with its scores; its heads are class logits and features."""
        batch = super().discriminate(batch)
        scores = ops.logsumexp(batch.scores, axis=-1, keepdims=True)
        return batch._replace(scores=scores, heads=(batch.scores, *batch.heads))

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the cross-entropy of labelled images' classes."""
        classes = ops.maximum(real.condition, 0)
        costs = ops.sparse_categorical_crossentropy(classes, real.heads[0], from_logits=True)
        cost = mean_of_labelled(costs, real.condition)
        return super().discriminator_losses(real, fake) | {"class": cost}

    def needs_real(self) -> bool:
        """Returns True: feature matching needs the features of real images."""
        return True

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the feature matching loss."""
        distance = ops.mean(real.heads[1], axis=0) - ops.mean(fake.heads[1], axis=0)
        return {"features": ops.sum(ops.square(distance))}

    def step_metrics(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s metrics, and the accuracy of the classes of labelled images."""
        found = ops.equal(ops.argmax(real.heads[0], axis=-1), real.condition)
        share = mean_of_labelled(ops.cast(found, "float32"), real.condition)
        return super().step_metrics(real, fake) | {"class_accuracy": share}

    def classify(self, images: ArrayLike, batch_size: int = 256) -> np.ndarray:
        """Returns the probability of each class for each image, float32 ``(n, K)``.

        Args:
            images: float ``(n, height, width, channels)`` in the range of the data, or uint8.
            batch_size: images per pass.
        """
        images = np.asarray(images)
        expected = self.discriminator.inputs[0].shape[1:]
        check_images(images, expected, self.value_range, "the discriminator takes images")
        logits, *_ = predict(self.discriminator, self.standardize(images), batch_size)
        return ops.convert_to_numpy(ops.softmax(logits))


def mean_of_labelled(values: Tensor, labels: Tensor) -> Tensor:
    """Returns the mean over labelled images, 0 if there are none."""
    labelled = ops.cast(ops.not_equal(labels, UNLABELLED), "float32")
    return ops.sum(labelled * values) / ops.maximum(ops.sum(labelled), 1.0)
