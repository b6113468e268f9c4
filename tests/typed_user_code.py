"""A user's script with types, which ``mypy --strict`` accepts: ``tests/test_types.py`` runs it.

It uses what scripts use: data, networks, a variant and a loss of one's own, training, callbacks,
metrics, latents and files.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

import gankit
from gankit import (
    Batch,
    architectures,
    augment,
    callbacks,
    data,
    latents,
    losses,
    metrics,
    penalties,
    recipes,
    regularizers,
    runs,
)
from gankit.typing import Scalars, Seed, Tensor


@keras.saving.register_keras_serializable(package="typed")
class Bright(gankit.GAN):
    """A GAN with a further term."""

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        brightness: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(generator, discriminator, **kwargs)
        self.brightness = brightness

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        error = ops.mean(fake.images) - self.brightness
        return super().generator_losses(real, fake) | {"brightness": ops.square(error)}


@keras.saving.register_keras_serializable(package="typed")
class Flat(losses.Loss):
    """A loss of one's own."""

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        return fake_scores - real_scores

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        return -fake_scores


def build(size: int) -> Bright:
    """Returns a compiled GAN."""
    shape = (size, size, 1)
    gan = Bright(
        architectures.dcgan.build_generator(shape, latent_dim=16, filters=8),
        architectures.dcgan.build_discriminator(shape, filters=8),
        brightness=-0.5,
        augment=augment.ADA(),
        generator_ema=10_000,
        seed=0,
    )
    gan.compile(
        loss=Flat(),
        penalty=penalties.R1(0.1, every=8) + penalties.R2(0.1),
        regularizers=[regularizers.LeCam(0.3)],
    )
    return gan


def train(folder: Path) -> float:
    """Trains, and returns the last epoch's loss of the generator."""
    digits, labels = data.sample_digits()
    dataset = data.from_arrays(digits, labels, batch_size=64, image_size=(16, 16))
    gan = recipes.small((16, 16, 1), num_classes=10, num_images=len(digits))
    judge = metrics.extractors.digits()
    history = gan.fit(
        dataset,
        epochs=2,
        callbacks=[
            callbacks.Checkpoint(folder, keep=2),
            callbacks.SampleGrid(folder / "samples"),
            callbacks.Evaluate("fid", digits, extractor=judge),
            callbacks.Report(folder / "report.html", digits),
            callbacks.StopOnNaN(),
        ],
    )
    gan.save(folder / "digits.keras")
    last: float = history.history["generator_loss"][-1]
    return last


def use(file: Path) -> None:
    """Draws, scores, edits and exports."""
    gan = gankit.load(file)
    images = gan.generate(16, condition=7, seed=0, truncation=1.5)
    best: np.ndarray = gan.generate_best(4, out_of=40, condition=7)
    path: Path = gankit.save_grid(np.concatenate([images, best]), file.with_suffix(".png"))
    print(path, gan.score(images, condition=7).mean())
    steps = latents.interpolate(np.zeros((1, 16)), np.ones((1, 16)), 4)
    found = latents.project(gan, images[:1], steps=10)
    print(steps.shape, found.latents.shape)
    difference = gan.export(file.with_suffix(".onnx"), "onnx")
    if difference is not None:
        print(f"{difference:.1g}")
    values = metrics.measure(images, best, ["kid"], extractor=metrics.extractors.digits())
    print(values["kid"])


if __name__ == "__main__":
    build(16).fit(data.sample_digits()[0], epochs=1)
    runs.train(runs.Settings("photos", minutes=1.0), "run")
    train(Path("run"))
    use(Path("run/digits.keras"))
