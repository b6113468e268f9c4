"""Files of every released version load: each release adds one, which stays as it is.

    python tests/test_compatibility.py

writes this version's, from a GAN that has as much of its own as one can have.
"""

from pathlib import Path

import keras
import numpy as np
import pytest
from helpers import make_dcgan_of_classes, make_images

import gankit

FILES = sorted((Path(__file__).parent / "files").glob("gan_*.keras"))
CONDITION = np.arange(4) % 3


def make():
    keras.utils.set_random_seed(0)
    gan = gankit.GAN(
        *make_dcgan_of_classes(),
        latent_prior="uniform",
        discriminator_steps=2,
        share_fakes=False,
        augment=gankit.augment.ADA(["translation"], target=-0.9),
        generator_ema=0.9,
        seed=0,
    )
    gan.compile(
        loss=gankit.losses.NonSaturating(label_smoothing=0.1, label_noise=0.05),
        penalty=gankit.penalties.R1(1.0, every=2) + gankit.penalties.R2(1.0, every=2),
    )
    return gan


def train(gan):
    dataset = gankit.data.from_arrays(make_images(24), np.arange(24) % 3, batch_size=8)
    gan.fit(dataset, epochs=1, verbose=0)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_released_versions_file_is_what_it_was(path):
    gan = gankit.load(path)
    expected = np.load(path.with_suffix(".npy"))
    np.testing.assert_allclose(gan.generate(condition=CONDITION, seed=0), expected, atol=1e-4)
    assert int(gan.epochs_completed) == 1
    assert gan.loss.label_smoothing == 0.1
    assert gan.penalty.every == 2
    assert int(gan.generator_optimizer.iterations) == 3
    assert int(gan.discriminator_optimizer.iterations) == 6
    assert float(gan.augment.probability) > 0
    train(gan)
    assert int(gan.epochs_completed) == 2


def test_this_version_has_a_file():
    assert f"gan_{gankit.__version__}.keras" in {path.name for path in FILES}


if __name__ == "__main__":
    path = Path(__file__).parent / "files" / f"gan_{gankit.__version__}.keras"
    gan = make()
    train(gan)
    gan.save(path)
    np.save(path.with_suffix(".npy"), gan.generate(condition=CONDITION, seed=0))
