"""A GAN that draws the rows of a table."""

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

import keras
from keras import ops

from gankit import penalties
from gankit.data.table_transformer import TableTransformer
from gankit.gans.wgan_gp import WGANGP
from gankit.training.batch import Batch, count_rows
from gankit.typing import Number, Scalars, Seed, Structure, Tensor

SMALLEST = 1e-30  # share of a category, whose logarithm is finite


@keras.saving.register_keras_serializable(package="gankit")
class CTGAN(WGANGP):
    """A conditional GAN of tables with continuous and discrete columns.

    Its images are rows, vectors that ``data.TableTransformer`` makes of a table, and
    ``data.from_table`` gives it rows, of which those with rare categories come often, and a
    condition for each: one category that the row has. The generator takes the condition, and its
    term ``condition`` is the cross-entropy of that category in the row that it makes. The critic
    scores packs of rows with their conditions, and so sees when all are alike (Lin et al. 2017,
    PacGAN, arXiv:1712.04086); how many are in a pack follows from its input, and the gradient
    penalty is on the slope by a whole pack.

    ``generate_table(1000)`` returns a data frame. ``score`` takes rows with their conditions, in
    multiples of a pack, and gives one score for each pack. By default the optimizer is
    ``Adam(2e-4, beta_1=0.5, beta_2=0.9)``, with one update of the critic a step.

    Args:
        generator: see ``architectures.ctgan``.
        discriminator: the critic, of packs of rows, without batch normalization.
        transformer: what the rows were made by; it is saved with the GAN.
        condition_weight: factor of the term ``condition``.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: networks that don't fit each other or the transformer.

    Examples:
        >>> columns = [data.ContinuousColumn("age", [40.0], [10.0], [1.0])]
        >>> columns += [data.DiscreteColumn("color", ["blue", "red"], [30, 70])]
        >>> made, ctgan = data.TableTransformer(columns), architectures.ctgan
        >>> gan = gankit.CTGAN(
        ...     ctgan.build_generator(
        ...         made.parts, made.condition_dim, latent_dim=8, hidden_units=(16,)
        ...     ),
        ...     ctgan.build_discriminator(
        ...         made.row_dim, made.condition_dim, pac=2, hidden_units=(16,)
        ...     ),
        ...     made,
        ... )
        >>> table = gan.generate_table(5, given={"color": "red"}, seed=0)
        >>> list(table.columns), len(table)
        (['age', 'color'], 5)

    References:
        Xu et al. 2019, "Modeling Tabular Data using Conditional GAN", arXiv:1907.00503.
    """

    default_discriminator_steps: ClassVar[int] = 1

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        transformer: TableTransformer,
        *,
        condition_weight: Number = 1.0,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        made = generator.output_shape[-1]
        given = sum(one.shape[0] or 0 for one in self.generator_inputs.of("condition"))
        if (made, given) != (transformer.row_dim, transformer.condition_dim):
            raise ValueError(
                f"This table needs rows of {transformer.row_dim} numbers, made from a condition of "
                f"{transformer.condition_dim}, but the generator makes {made} from {given}: "
                "architectures.ctgan.build_generator(transformer.parts, transformer.condition_dim)."
            )
        width, taken = made + given, discriminator.input_shape[-1]
        if taken % width:
            raise ValueError(
                f"A row and its condition have {width} numbers, but the critic takes {taken}: it "
                "must take a multiple, architectures.ctgan.build_discriminator("
                "transformer.row_dim, transformer.condition_dim)."
            )
        self.transformer = transformer
        self.condition_weight = condition_weight
        self.pac = taken // width

    @staticmethod
    def default_optimizer() -> keras.optimizers.Optimizer:
        """Returns the paper's."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.9)

    def shown_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the shape of a pack, where the generator's rows make one."""
        rows = shape[-1] == self.generator.output_shape[-1]
        return self.discriminator.input_shape[1:] if rows else shape

    def sample_condition(
        self, real: Batch | None = None, num_images: int | None = None, seed: Seed = None
    ) -> Structure:
        """Returns the conditions of real rows, or draws them as often as they occur.

        Batches of the data ask for rare categories more often than that.
        """
        if real is not None or not self.transformer.discrete:
            return None if real is None else real.condition
        shares = [
            count / sum(column.counts)
            for column in self.transformer.discrete
            for count in column.counts
        ]
        seed = self.training_seed if seed is None else seed
        drawn = keras.random.categorical(ops.log([shares]), num_images, seed=seed)[0]
        return ops.one_hot(drawn, len(shares))

    def shown(self, batch: Batch) -> Batch:
        """Returns rows with their conditions, several side by side as one."""
        batch = super().shown(batch)
        return self.packed(batch) if batch.images.shape[-1] == self.transformer.row_dim else batch

    def packed(self, batch: Batch) -> Batch:
        """Returns a batch whose images are packs ``(batch / pac, ...)``: h_0 of the paper."""
        number, rows = count_rows(batch.images), batch.images
        if isinstance(number, int) and number % self.pac:
            raise ValueError(
                f"The critic judges packs of {self.pac} rows: a batch of {number} is no multiple."
            )
        if batch.condition is not None:
            rows = ops.concatenate([rows, batch.condition], axis=-1)
        return batch._replace(images=ops.reshape(rows, (-1, self.discriminator.input_shape[-1])))

    def gradient_penalty(self, penalty: penalties.Penalty, real: Batch, fake: Batch) -> Tensor:
        """Returns what slopes by whole packs cost, a scalar."""
        return super().gradient_penalty(penalty, self.packed(real), self.packed(fake))

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the cross-entropy of the categories asked for."""
        losses = super().generator_losses(real, fake)
        if fake.condition is not None:
            shares = ops.take(fake.images, self.transformer.condition_places, axis=-1)
            costs = -ops.sum(fake.condition * ops.log(shares + SMALLEST), axis=-1)
            losses["condition"] = self.current(self.condition_weight) * ops.mean(costs)
        return losses

    def generate_table(
        self,
        num_rows: int,
        given: Mapping[Hashable, Any] | None = None,
        seed: int | None = None,
    ) -> Any:
        """Returns new rows as a ``pandas.DataFrame``, with the table's columns and types.

        Args:
            num_rows: how many.
            given: one discrete column and the value that all rows are asked to have, e.g.
                ``{"species": "setosa"}``; None for categories as often as they occur in the table.
            seed: integer, see ``generate``.

        Raises:
            ValueError: a column that is not discrete, or a value that it has not.
        """
        condition = None if given is None else self.transformer.condition(given)
        return self.transformer.inverse_transform(self.generate(num_rows, condition, seed=seed))
