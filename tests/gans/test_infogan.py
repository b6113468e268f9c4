import keras
import numpy as np
import pytest
from helpers import NUM_CLASSES, make_dataset, make_gan, make_networks_of_codes

import gankit


def make_infogan(**options):
    gan = gankit.InfoGAN(*make_networks_of_codes(), seed=0, **options)
    gan.compile()
    return gan


def test_what_is_not_found_costs():
    gan = make_infogan(category_weight=2.0, codes_weight=0.5)
    fake = gankit.Batch(
        None,
        {"category": np.array([0, 1]), "codes": np.array([[0.5], [-1.0]], "float32")},
        heads=(np.zeros((2, NUM_CLASSES), "float32"), np.array([[0.0], [1.0]], "float32")),
    )
    terms = gan.information_losses(fake)
    np.testing.assert_allclose(terms["category"], 2 * np.log(NUM_CLASSES), rtol=1e-6)
    np.testing.assert_allclose(terms["codes"], 0.5 * (0.5**2 / 2 + 2**2 / 2) / 2)


def test_codes_are_drawn_evenly_and_apart_from_labels():
    gan = make_infogan()
    condition = gan.sample_condition(num_images=3000, seed=1)
    shares = np.bincount(np.array(condition["category"])) / 3000
    np.testing.assert_allclose(shares, [1 / 3] * 3, atol=0.04)
    codes = np.array(condition["codes"])
    assert codes.shape == (3000, 1)
    assert -1 <= codes.min() < -0.9 < 0.9 < codes.max() <= 1


def test_logs_its_terms():
    history = make_infogan().fit(make_dataset(), verbose=0).history
    phases = ("discriminator", "generator")
    expected = {f"{phase}_{term}" for phase in phases for term in ("category", "codes")}
    assert expected | {"category_accuracy"} <= set(history)


def test_codes_that_are_asked_for():
    gan = make_infogan()
    asked = {"category": [0, 1], "codes": [[0.0], [0.0]]}
    latents = np.zeros((2, 4))
    images = gan.generate(condition=asked, latents=latents)
    assert images.shape == (2, 8, 8, 1)
    other = gan.generate(condition=asked | {"codes": [[0.0], [1.0]]}, latents=latents)
    np.testing.assert_array_equal(images[0], other[0])
    assert not np.array_equal(images[1], other[1])
    assert not np.array_equal(images[0], images[1])
    with pytest.raises(ValueError, match="must be below 3"):
        gan.generate(condition=asked | {"category": [0, 3]})


def test_finds_the_category_of_what_it_makes_after_some_training():
    gan = make_infogan()
    adam = [keras.optimizers.Adam(5e-3, beta_1=0.5) for _ in range(2)]
    gan.compile(*adam)
    history = gan.fit(make_dataset(64, 32), epochs=30, verbose=0).history
    assert history["category_accuracy"][0] < 0.45  # one third are right by chance
    assert max(history["category_accuracy"]) > 0.6


def test_networks_that_do_not_fit():
    generator, discriminator = make_networks_of_codes()
    plain = make_gan()
    with pytest.raises(ValueError, match="generator takes latents, category"):
        gankit.InfoGAN(plain.generator, discriminator)
    with pytest.raises(ValueError, match="0 heads"):
        gankit.InfoGAN(generator, plain.discriminator)
    without_codes = keras.Model(discriminator.input, discriminator.outputs[:2])
    with pytest.raises(ValueError, match="1 heads"):
        gankit.InfoGAN(generator, without_codes)
