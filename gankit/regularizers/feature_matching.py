"""Generated images whose features, in the discriminator, have the mean of real ones."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit.checks import did_you_mean
from gankit.regularizers.regularizer import Term
from gankit.training.batch import Batch
from gankit.typing import Number, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class FeatureMatching(Term):
    """The generator also matches the mean of the discriminator's features of real images.

    weight * (mean of f(x) - mean of f(G(z)))^2, the mean over all features, which doesn't grow with
    their number, where the paper takes the sum. There it takes the place of the generator's loss;
    here it is added. The discriminator looks at real and generated images once more.

    Args:
        weight: factor of the term.
        layer: name of the discriminator's layer whose output is f; None for what goes into the last
            layer with a kernel, which makes the scores.
        every: see ``Term``.
        **kwargs: see ``Regularizer``.

    Raises:
        ValueError: an argument that is out of its range, or no layer of that name.

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
                f"The discriminator has no layer {self.layer!r}, it has {names}."
                + did_you_mean(self.layer, names)
            )

    def generator_cost(self, gan: Any, real: Batch, fake: Batch) -> Tensor:
        """Returns what features cost whose mean is another one than that of real images."""
        # Made anew each time, since a GAN's networks may be replaced; as an attribute, it would
        # also be saved.
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
