"""Feature matching, by the discriminator's own features."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit.checks import did_you_mean
from gankit.regularizers.regularizer import Term
from gankit.training.batch import Batch
from gankit.typing import Number, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class FeatureMatching(Term):
    """Feature matching: generated and real images should have the same mean features.

    Adds weight * (mean of f(x) - mean of f(G(z)))^2 to the generator's loss, averaged over the
    features f of a layer of the discriminator. The paper takes the sum, which grows with the number
    of features, and drops the adversarial loss. A step takes one more pass of the discriminator on
    real and on generated images.

    Args:
        weight: factor of the term.
        layer: name of the discriminator's layer whose output is f; None for the input of the last
            layer with a kernel, the one that computes the scores.
        every: see ``Term``.
        **kwargs: see ``Regularizer``.

    Raises:
        ValueError: an argument that is out of its range, or no layer of that name.

    Examples:
        >>> matching = regularizers.FeatureMatching(1.0)
        >>> gan = recipes.small((28, 28, 1), filters=2, regularizers=[matching])
        >>> gan.run_eagerly = True  # a graph isn't worth it for one step
        >>> logs = gan.train_on_batch(images, return_dict=True)
        >>> "generator_feature_matching" in logs
        True

    See Also:
        ``gankit.SGAN``, whose generator has only this loss.

    References:
        Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, section
        3.1.
    """

    default_name: ClassVar[str] = "feature_matching"

    def __init__(
        self, weight: Number = 1.0, layer: str | None = None, every: int = 1, **kwargs: Any
    ):
        super().__init__(weight, every, **kwargs)
        self.layer = layer

    def prepare(self, gan: Any) -> None:
        """Raises ``ValueError`` if the discriminator has no such layer."""
        names = [layer.name for layer in gan.discriminator.layers]
        if self.layer is not None and self.layer not in names:
            raise ValueError(
                f"The discriminator has no layer {self.layer!r}, only {names}."
                + did_you_mean(self.layer, names)
            )

    def generator_term(self, gan: Any, real: Batch, fake: Batch) -> Tensor:
        """Returns the weighted squared distance between the mean features."""
        # Built at each call, since a GAN's networks may be replaced. An attribute would be saved
        # with the GAN.
        network = keras.Model(gan.discriminator.inputs, self.features(gan.discriminator))
        means = []
        for batch in (real, fake):
            shown = gan.shown(batch)
            offered = {"condition": shown.condition, "latents": shown.latents}
            inputs = gan.discriminator_inputs.match(images=shown.images, **offered)
            means.append(ops.mean(gan.run(network, keras.tree.flatten(inputs)), axis=0))
        return gan.current(self.weight) * ops.mean(ops.square(means[0] - means[1]))

    def features(self, discriminator: keras.Model) -> Any:
        """Returns the symbolic output of the layer that makes the features."""
        if self.layer is not None:
            return discriminator.get_layer(self.layer).output
        with_kernel = [
            layer
            for layer in discriminator.layers
            if any(len(weight.shape) > 1 for weight in layer.weights)
        ]
        return with_kernel[-1].input
