"""Metrics of generated images, in the logs of training."""

import contextlib
from collections.abc import Iterator, Sequence

import keras
import numpy as np

from gankit.callbacks.periodic import Periodic
from gankit.metrics import Features, extract, extractors, measure
from gankit.metrics.by_name import MetricFunction, find_functions, get
from gankit.metrics.features import ImagesOrFeatures
from gankit.training.batch import map_tensors
from gankit.training.random import derive_seed
from gankit.training.sampling import as_rows, count_images
from gankit.typing import Every, Logs, PathLike, Structure

CHUNK = 1000  # images that are in memory at once


class Evaluate(Periodic):
    """Compares generated images with real ones, and puts the values into ``fit``'s logs.

    You can then use them with
    ``ModelCheckpoint("best.keras", monitor="fid", mode="min", save_best_only=True)``,
    ``EarlyStopping``, ``CSVLogger`` and ``TensorBoard``. ``GAN.fit`` runs this callback before the
    others, wherever it is in the list. Besides the metrics, each epoch's logs contain

    - ``spread``: the spread of generated images relative to real ones, near 0 after a collapse, see
      ``gankit.metrics.relative_spread``,
    - ``evaluation_images``: how many were generated for these values, without which an FID says
      little,
    - ``evaluation_step``: after how many training steps they were measured. In epochs without an
      evaluation, the last values are repeated, since Keras's callbacks need a number in each epoch;
      the first epoch always has an evaluation.

    Before training begins, it also compares one half of the real images with the other. No
    generator can beat these values; they are printed, and kept by name in ``floor``.

    Images are generated from the same latents each time, by ``ema_generator`` if there is one, with
    separate random numbers, so that training is not affected.

    Args:
        metrics: names, or functions, see ``gankit.metrics.measure``.
        real: real images to compare with, preferably held out from training, or their ``Features``;
            see ``gankit.metrics.extract``.
        extractor: the network that extracts features of images; None for
            ``extractors.inception()``.
        every: ``"epoch"``, or a number of training steps.
        num_images: how many to generate; may be left out if ``condition`` has a row for each. The
            default is 5,000.
        condition: the generator's condition, a row for each image. ``"class_accuracy"`` compares
            with these labels.
        seed: integer that determines the latents.
        ema: whether to evaluate ``ema_generator``, if there is one.
        file: where to keep the features of real images, see ``gankit.metrics.extract``.
        verbose: 1 for a progress bar while features of real images are extracted, 0 for none.

    Raises:
        ValueError: an unknown metric; or, before training begins, input that a metric can't use,
            such as too few images.

    Examples:
        >>> gan = recipes.small((28, 28, 1), filters=2)
        >>> extractor = metrics.extractors.digits()
        >>> evaluate = callbacks.Evaluate(
        ...     "kid", images, extractor=extractor, num_images=64, verbose=0
        ... )
        >>> dataset = data.from_arrays(digits[:64], batch_size=32)
        >>> history = gan.fit(dataset, verbose=0, callbacks=[evaluate]).history
        >>> sorted(set(history) & {"kid", "spread", "evaluation_step"})
        ['evaluation_step', 'kid', 'spread']
    """

    order = -1  # adds to the logs, before other callbacks read them
    remembers = ("values",)

    def __init__(
        self,
        metrics: str | MetricFunction | Sequence[str | MetricFunction],
        real: ImagesOrFeatures,
        *,
        extractor: keras.Model | None = None,
        every: Every = "epoch",
        num_images: int | None = None,
        condition: Structure = None,
        seed: int = 0,
        ema: bool = True,
        file: PathLike | None = None,
        verbose: int = 1,
    ):
        super().__init__(every)
        if num_images is None and condition is None:
            num_images = 5000
        self.condition = None if condition is None else as_rows(condition)
        self.num_images = count_images(num_images, condition=self.condition)
        self.metrics = [*find_functions(metrics), get("spread")]
        self.real = real
        self.extractor = extractor
        self.seed = seed
        self.ema = ema
        self.file = file
        self.verbose = verbose

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Extracts real features once, and tries a small evaluation, to find errors early."""
        super().on_train_begin(logs)
        if self.extractor is None:
            self.extractor = extractors.inception()
        if not isinstance(self.real, Features):
            self.real = extract(self.real, self.extractor, file=self.file, verbose=self.verbose)
        self.values: dict[str, float] = {}
        self.floor = self.measure_floor(self.real)
        if self.verbose and self.floor:
            values = ", ".join(f"{name} {value:.4g}" for name, value in self.floor.items())
            print(f"One half of the real images against the other: {values}")
        few = self.extract_fakes(min(2, self.num_images))
        rows = np.arange(self.num_images) % len(few.values)
        self.measure(map_tensors(lambda part: part[rows], few))

    def act(self, unit: str, number: int) -> None:
        """Evaluates now."""
        self.values = self.measure(self.extract_fakes(self.num_images))
        self.values["evaluation_images"] = self.num_images
        self.values["evaluation_step"] = self.steps

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Puts the last values into the epoch's logs."""
        super().on_epoch_end(epoch, logs)
        if not self.values:
            self.act("step", self.steps)
        if logs is not None:
            logs.update(self.values)

    def measure(self, fake: Features) -> dict[str, float]:
        """Returns the metrics' values for the features of generated images."""
        condition = self.condition
        if isinstance(condition, np.ndarray) and condition.dtype.kind in "iu":
            fake = fake._replace(labels=condition)
        return measure(self.real, fake, self.metrics)

    def measure_floor(self, real: Features) -> dict[str, float]:
        """Returns the metrics' values for two halves of the real images.

        Metrics that need more images, or labels, are left out.
        """
        random = np.random.default_rng(self.seed)
        order = random.permutation(len(real.values))
        halves = [
            map_tensors(lambda part, rows=rows: part[rows], real)
            for rows in np.array_split(order, 2)
        ]
        values: dict[str, float] = {}
        for metric in self.metrics:
            with contextlib.suppress(ValueError):
                values |= measure(halves[0], halves[1], metric)
        return values

    def extract_fakes(self, num_images: int) -> Features:
        """Returns the features of generated images."""
        return extract(self.generate(num_images), self.extractor, verbose=0)

    def generate(self, num_images: int) -> Iterator[np.ndarray]:
        """Yields generated images, some at a time."""
        for start in range(0, num_images, CHUNK):
            rows = slice(start, min(start + CHUNK, num_images))
            condition = map_tensors(lambda part, rows=rows: part[rows], self.condition)
            images = self.model.generate(
                rows.stop - rows.start,
                condition=condition,
                seed=derive_seed(self.seed, start),
                ema=self.ema,
            )
            # As in a saved picture; NaN stays NaN, and raises an error.
            yield np.clip(images, -1, 1)
