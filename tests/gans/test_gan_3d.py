"""The rule by which a 3D-GAN's discriminator waits; test_distribute.py has it on two devices."""

import numpy as np
import pytest
from helpers import LATENT_DIM, make_images, make_volumetric_networks, values

import gankit
from gankit import data

VOLUMES = np.sign(make_images(4, (8, 8, 8, 1)))


def make_gan(**options):
    gan = gankit.GAN3D(*make_volumetric_networks(), seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


@pytest.mark.parametrize(("accuracy", "updated"), [(0.0, 1), (0.8, 1), (0.81, 0), (1.0, 0)])
def test_the_discriminator_is_updated_only_if_it_was_not_too_good(accuracy, updated):
    gan = make_gan()
    gan.accuracy.assign(accuracy)
    before = values(gan.discriminator), values(gan.generator)
    logs = gan.train_on_batch(VOLUMES, return_dict=True)
    changed = [
        any(not np.array_equal(one, other) for one, other in zip(*pair, strict=True))
        for pair in zip(before, (values(gan.discriminator), values(gan.generator)), strict=True)
    ]
    assert changed == [bool(updated), True]
    assert gan.discriminator_optimizer.iterations == updated
    assert logs["discriminator_updates"] == updated
    np.testing.assert_allclose(gan.accuracy, (logs["real_accuracy"] + logs["fake_accuracy"]) / 2)


def test_the_share_of_updates_is_logged():
    gan = make_gan(accuracy_limit=0.0)
    history = gan.fit(np.repeat(VOLUMES, 4, axis=0), batch_size=4, verbose=0).history
    updates = int(gan.discriminator_optimizer.iterations.numpy())
    assert 1 <= updates <= 4  # the first step's at least: before it there is no accuracy
    assert history["discriminator_updates"] == [updates / 4]


def test_what_can_t_be():
    with pytest.raises(ValueError, match=r"accuracy_limit must lie in \[0, 1\], got 80"):
        make_gan(accuracy_limit=80)


def test_it_learns_from_voxels_and_makes_some():
    gan = make_gan()
    gan.fit(data.from_voxels(VOLUMES > 0, batch_size=2), verbose=0)
    volumes = gan.generate(3, seed=0)
    assert volumes.shape == (3, 8, 8, 8, 1)
    assert gan.generator.input_shape == (None, LATENT_DIM)
    assert gan.score(volumes).shape == (3,)
    assert gan.generate_best(1, out_of=3).shape == (1, 8, 8, 8, 1)
    assert gankit.draw_voxels(volumes, size=16).shape == (3, 16, 16, 3)
