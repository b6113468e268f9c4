import numpy as np
import pytest
from helpers import make_images

import gankit
from gankit import architectures, data
from gankit.data.pyramid import double, halve, merge
from gankit.gans.lapgan import seed_of_level

SHAPE = (16, 16, 3)


def make_level(size):
    shape = (size, size, 3)
    generator = architectures.lapgan.build_generator(shape, latent_dim=4, filters=4)
    gan = gankit.GAN(generator, architectures.lapgan.build_discriminator(shape, filters=4), seed=0)
    gan.compile()
    return gan


def make_pyramid():
    generator = architectures.dcgan.build_generator((8, 8, 3), latent_dim=4, filters=4)
    first = gankit.GAN(generator, architectures.dcgan.build_discriminator((8, 8, 3), 4), seed=0)
    first.compile()
    return gankit.LAPGAN([first, make_level(16)])


def test_levels_are_trained_on_their_parts_and_sampled_coarse_to_fine():
    pyramid, images = make_pyramid(), make_images(8, SHAPE)
    dataset = data.from_arrays(images, batch_size=4, shuffle=False)
    small = next(iter(pyramid.level_data(dataset, 0)))
    np.testing.assert_allclose(small, halve(images[:4]), atol=1e-6)
    residuals, coarse = next(iter(pyramid.level_data(dataset, 1)))
    np.testing.assert_allclose(merge(residuals, coarse), images[:4], atol=1e-6)
    for level, gan in enumerate(pyramid.gans):
        gan.fit(pyramid.level_data(dataset, level), verbose=0)
    coarse, fine = pyramid.generate_levels(5, seed=0)
    assert (coarse.shape, fine.shape) == ((5, 8, 8, 3), (5, 16, 16, 3))
    residuals = pyramid.gans[1].generate(
        condition=np.array(double(coarse)), seed=seed_of_level(0, 1)
    )
    np.testing.assert_allclose(fine, np.clip(merge(residuals, double(coarse)), -1, 1))
    np.testing.assert_array_equal(pyramid.generate(5, seed=0), fine)


def test_saves_and_loads(tmp_path):
    pyramid = make_pyramid()
    pyramid.save(tmp_path / "pyramid")
    loaded = gankit.LAPGAN.load(tmp_path / "pyramid")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), pyramid.generate(2, seed=0))
    with pytest.raises(ValueError, match=r"no level_0\.keras"):
        gankit.LAPGAN.load(tmp_path)


def test_levels_draw_latents_of_their_own():
    pyramid = make_pyramid()
    drawn = [gan.sample_latents(2, seed=seed_of_level(5, n)) for n, gan in enumerate(pyramid.gans)]
    assert not np.allclose(*drawn)


def test_levels_that_are_not_there():
    labelled = data.from_arrays(make_images(4), np.arange(4), batch_size=2)
    with pytest.raises(TypeError, match="leave labels out"):
        make_pyramid().level_data(labelled, 0)
    with pytest.raises(ValueError, match=r"level must be in 0\.\.\d, got -1"):
        make_pyramid().level_data(None, -1)


def test_sizes_must_double():
    with pytest.raises(ValueError, match=r"twice the size.*\(8, 8\), \(8, 8\)"):
        gankit.LAPGAN([make_level(8), make_level(8)])
