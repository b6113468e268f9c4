"""Two translators without pairs: what they pay, and what their discriminators see again."""

import keras
import numpy as np
import pytest
from helpers import assert_same_state, make_cycle_networks, make_images, values

import gankit
from gankit import penalties

IMAGES, GIVEN = make_images(8), make_images(8, seed=1)


def make_gan(**options):
    gan = gankit.CycleGAN(*make_cycle_networks(), seed=0, **options)
    gan.compile()
    return gan


def test_what_does_not_come_back_costs():
    gan = make_gan(cycle_weight=4.0)
    real = gan.unpack((IMAGES, GIVEN))
    fake = gan.discriminate(gan.reconstruct(*gan.make(real))[1])
    terms = gan.generator_losses(real, fake)
    made, inverse = gan.generator(GIVEN), gan.inverse_generator(IMAGES)
    np.testing.assert_allclose(fake.images[0], made, atol=1e-6)
    distances = [
        np.abs(gan.inverse_generator(made) - GIVEN).mean(),
        np.abs(gan.generator(inverse) - IMAGES).mean(),
    ]
    np.testing.assert_allclose(terms["cycle"], 4 * np.mean(distances), rtol=1e-5)
    # Least squares, as in the paper: half the squared distance of a score from 1.
    scores = [gan.discriminator(made), gan.inverse_discriminator(inverse)]
    expected = np.mean([np.square(np.array(score) - 1) / 2 for score in scores])
    np.testing.assert_allclose(terms["adversarial"], expected, rtol=1e-4)


def test_both_ways_of_translating():
    gan = make_gan(generator_ema=0.5)
    before = gan.invert(IMAGES)
    np.testing.assert_array_equal(gan.invert(list(IMAGES)), before)
    np.testing.assert_allclose(gan.generate(condition=GIVEN), gan.generator(GIVEN), atol=1e-5)
    gan.fit(IMAGES, GIVEN, batch_size=4, verbose=0)
    averages = [gan.ema_generator, gan.ema_inverse_generator]
    for average, network in zip(averages, gan.generator_networks(), strict=True):
        assert not np.array_equal(values(network)[0], np.array(average.weights[0]))
    np.testing.assert_allclose(gan.invert(IMAGES), averages[1](IMAGES), atol=1e-5)
    np.testing.assert_allclose(
        gan.invert(IMAGES, ema=False), gan.inverse_generator(IMAGES), atol=1e-5
    )
    assert not np.allclose(gan.invert(IMAGES), before, atol=1e-4)
    pixels = np.uint8((IMAGES + 1) * 127.5)
    np.testing.assert_allclose(
        gan.invert(pixels), gan.invert(pixels / np.float32(127.5) - 1), atol=1e-5
    )


def test_a_penalty_is_asked_of_both_discriminators():
    gan = make_gan()
    gan.compile(penalty=penalties.R1(2.0))
    real = gan.unpack((IMAGES, GIVEN))
    cost = gan.gradient_penalty(gan.penalty, *gan.make(real))
    networks = zip(gan.sides()["discriminator"], (IMAGES, GIVEN), strict=True)
    alone = [penalties.R1(2.0)(network, keras.ops.array(part), None) for network, part in networks]
    np.testing.assert_allclose(cost, np.mean(alone), rtol=1e-4)
    assert "discriminator_penalty" in gan.fit(IMAGES, GIVEN, verbose=0).history


def test_discriminators_see_the_pool_and_generators_do_not():
    gan = make_gan(pool_size=4)
    seen = []
    gan.compile(run_eagerly=True)
    discriminate = gan.discriminate
    gan.discriminate = lambda batch: seen.append(batch.images[0].numpy()) or discriminate(batch)
    for start in (0, 4, 0, 4, 0, 4):
        gan.train_on_batch(IMAGES[start : start + 4], GIVEN[start : start + 4])
    of_generators, of_discriminators = seen[2::3], seen[1::3]
    same = [
        np.array_equal(one, other)
        for ones, others in zip(of_generators, of_discriminators, strict=True)
        for one, other in zip(ones, others, strict=True)
    ]
    assert all(same[:4])  # the first four fill the pool
    assert not all(same)
    assert any(same[4:])


def test_a_pool_of_none():
    gan = make_gan(pool_size=0)
    gan.fit(IMAGES, GIVEN, verbose=0)


def test_the_pool_is_saved(tmp_path):
    gan = make_gan(pool_size=4)
    gan.fit(IMAGES, GIVEN, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = gankit.load(tmp_path / "gan.keras")
    assert np.abs(loaded.pools[0].images).sum() > 0
    assert_same_state(gan, loaded)


def test_scores_of_what_it_makes():
    gan = make_gan()
    expected = np.array(gan.discriminator(IMAGES)).mean(axis=(1, 2))
    np.testing.assert_allclose(gan.score(IMAGES), expected, rtol=1e-4)


def test_discriminators_that_differ():
    networks = make_cycle_networks()
    networks[3] = gankit.architectures.cyclegan.build_discriminator((8, 8, 1), 4, halvings=0)
    with pytest.raises(ValueError, match="scores of one shape"):
        gankit.CycleGAN(*networks)
