"""InfoGAN: codes that the discriminator can read in the images."""

from typing import Any

import keras
from keras import ops

from gankit.gans.gan import GAN
from gankit.training.batch import Batch, count_rows, split_outputs
from gankit.training.heads import class_accuracy, class_loss
from gankit.typing import Number, Scalars, Seed, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class InfoGAN(GAN):
    """An information maximizing GAN, which finds categories and features of images without labels.

    Besides latents, the generator takes a random category and random continuous codes, and heads of
    the discriminator predict them from the image. The better the predictions, the more information
    about the codes is in the images. So categories come to stand for kinds of images, and codes for
    continuous features, such as slant and width.

    Both networks minimize the errors of these predictions, in two terms: ``category`` is a
    cross-entropy, which starts at ln(number of categories), and ``codes`` is half the squared
    error, the negative log-likelihood of a normal distribution of variance 1. The accuracy of the
    categories is logged as ``category_accuracy``. The data is images; labels are ignored.

    ``generate(condition={"category": [3], "codes": [[0.0, 1.0]]})`` asks for codes.

    Args:
        generator: as in ``GAN``, with the inputs ``latents``, ``category``, integers ``(batch,)``,
            and, if there are continuous codes, ``codes``, floats ``(batch, num_codes)``.
        discriminator: as in ``GAN``, with images as its only input and the outputs scores, logits
            of the category ``(batch, num_categories)`` and, if there are continuous codes, their
            predictions ``(batch, num_codes)``.
        category_weight: factor of the term ``category``.
        codes_weight: factor of the term ``codes``.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: inputs and heads that don't fit each other.

    Examples:
        >>> infogan = architectures.infogan
        >>> generator = infogan.build_generator(
        ...     (8, 8, 1), 16, num_codes=2, filters=4, hidden_units=16
        ... )
        >>> discriminator = infogan.build_discriminator(
        ...     (8, 8, 1), num_codes=2, filters=4, hidden_units=16
        ... )
        >>> gan = gankit.InfoGAN(generator, discriminator)
        >>> codes = np.zeros((10, 2))
        >>> gan.generate(condition={"category": np.arange(10), "codes": codes}).shape
        (10, 8, 8, 1)

    See Also:
        ``metrics.match_codes``, which finds the class that each category stands for.

    References:
        Chen et al. 2016, "InfoGAN: Interpretable Representation Learning by Information Maximizing
        Generative Adversarial Nets", arXiv:1606.03657.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        category_weight: Number = 1.0,
        codes_weight: Number = 0.1,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.category_weight = category_weight
        self.codes_weight = codes_weight
        given = {one.name for one in self.generator_inputs.of("condition")}
        _, heads = split_outputs(discriminator.output)
        expected = {"category", "codes"} if len(heads) == 2 else {"category"}
        if given != expected or not 1 <= len(heads) <= 2:
            raise ValueError(
                "An InfoGAN's generator takes latents, category and, if there are any, codes, and "
                "its discriminator has a head for each of the two, in this order, got inputs "
                f"{sorted(given)} besides latents and {len(heads)} heads."
            )
        self.num_categories = heads[0].shape[-1]
        self.num_codes = heads[1].shape[-1] if len(heads) == 2 else 0

    def needs_condition(self) -> bool:
        """Returns False: the codes are drawn at random."""
        return False

    def sample_condition(
        self, real: Batch | None = None, num_images: int | None = None, seed: Seed = None
    ) -> dict[str, Tensor]:
        """Returns a random category, and codes uniform on [-1, 1], for each image."""
        number = num_images if real is None else count_rows(real.images)
        seed = self.training_seed if seed is None else seed
        condition = {"category": keras.random.randint((number,), 0, self.num_categories, seed=seed)}
        if self.num_codes:
            shape = (number, self.num_codes)
            condition["codes"] = keras.random.uniform(shape, -1.0, 1.0, seed=seed)
        return condition

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the errors of the predicted codes."""
        return super().discriminator_losses(real, fake) | self.information_losses(fake)

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the errors of the codes that the heads predict."""
        return super().generator_losses(real, fake) | self.information_losses(fake)

    def information_losses(self, fake: Batch) -> Scalars:
        """Returns the loss of the codes, an upper bound on the information that images lose."""
        cost = class_loss(fake.heads[0], fake.condition["category"])
        terms = {"category": self.current(self.category_weight) * cost}
        if self.num_codes:
            cost = ops.square(fake.heads[1] - fake.condition["codes"]) / 2
            terms["codes"] = self.current(self.codes_weight) * ops.mean(ops.sum(cost, axis=-1))
        return terms

    def step_metrics(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s metrics, and the accuracy of the predicted categories."""
        share = class_accuracy(fake.heads[0], fake.condition["category"])
        return super().step_metrics(real, fake) | {"category_accuracy": share}
