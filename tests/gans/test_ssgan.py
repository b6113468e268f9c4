"""An SSGAN turns one of four images to all sides, and pays for turns that aren't found."""

import numpy as np
import pytest
from helpers import make_images, make_networks, make_networks_of_rotations
from keras import ops

import gankit
from gankit.architectures import dcgan, heads


def make_ssgan(**options):
    gan = gankit.SSGAN(*make_networks_of_rotations(), seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


def test_one_of_four_is_turned_to_all_sides(monkeypatch):
    gan, images, seen = make_ssgan(), make_images(8), []

    def discriminate(batch):
        seen.append(np.array(batch.images))
        # An image of the second turn is said to be of the third: one of four is wrong.
        logits = np.repeat(np.eye(4, dtype="float32")[[0, 2, 2, 3]], 2, axis=0) * np.log(3)
        return batch._replace(heads=(ops.convert_to_tensor(logits.astype("float32")),))

    monkeypatch.setattr(gan, "discriminate", discriminate)
    loss = gan.rotation_loss(ops.convert_to_tensor(images))
    (turned,) = seen
    for turns in range(4):
        expected = np.rot90(images[[0, 4]], turns, axes=(1, 2))
        np.testing.assert_array_equal(turned[2 * turns : 2 * turns + 2], expected)
    # Odds of 3 to 1 to 1 to 1: ln 2 where it is right, ln 6 where it is not.
    np.testing.assert_allclose(loss, (3 * np.log(2) + np.log(6)) / 4, rtol=1e-6)


def test_weights(monkeypatch):
    gan = make_ssgan(generator_weight=0.5, discriminator_weight=3.0)
    monkeypatch.setattr(gan, "rotation_loss", lambda images: 2.0)
    batch = gankit.Batch(None, scores=np.zeros((2, 1), "float32"))
    assert gan.discriminator_losses(batch, batch)["rotation"] == 6.0
    assert gan.generator_losses(batch, batch)["rotation"] == 1.0


def test_networks_that_do_not_fit():
    with pytest.raises(ValueError, match=r"logits of four rotations.*shapes \[\(None, 1\)\]"):
        gankit.SSGAN(*make_networks())
    shape = (8, 12, 1)
    discriminator = heads.add_classes(dcgan.build_discriminator(shape, filters=2), 4)
    with pytest.raises(ValueError, match="Only square images can be rotated, got 8x12"):
        gankit.SSGAN(dcgan.build_generator(shape, 4, filters=2), discriminator)
