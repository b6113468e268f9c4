"""One translator for many domains: what it is told, and what it pays."""

import keras
import numpy as np
import pytest
from helpers import make_images, make_networks, make_networks_of_domains

import gankit

IMAGES = make_images(6)
DOMAINS = np.array([0, 1, 2, 0, 1, 1], "int32")


def make_gan(**options):
    gan = gankit.StarGAN(*make_networks_of_domains(), seed=0, discriminator_steps=1, **options)
    gan.compile()
    return gan


def test_asks_for_the_domains_of_other_images():
    gan = make_gan()
    real = gan.unpack((IMAGES, DOMAINS))
    images, domains = gan.sample_condition(real)
    np.testing.assert_array_equal(images, IMAGES)
    assert sorted(np.array(domains)) == sorted(DOMAINS)
    assert not np.array_equal(domains, DOMAINS)


def entropy(logits, domains):
    return float(
        keras.losses.SparseCategoricalCrossentropy(from_logits=True)(domains, np.array(logits))
    )


def test_what_both_pay():
    gan = make_gan(domain_weight=2.0, cycle_weight=3.0)
    real = gan.unpack((IMAGES, DOMAINS))
    real, fake = gan.reconstruct(*gan.make(real))
    real, fake = gan.discriminate_pair(real, fake)
    paid = gan.discriminator_losses(real, fake)
    np.testing.assert_allclose(paid["domain"], 2 * entropy(real.heads[0], DOMAINS), rtol=1e-5)
    paid = gan.generator_losses(real, fake)
    asked = fake.condition[1]
    np.testing.assert_allclose(paid["domain"], 2 * entropy(fake.heads[0], asked), rtol=1e-5)
    translated = gan.generate(condition=(IMAGES, np.array(asked)))
    again = gan.generate(condition=(translated, DOMAINS))
    np.testing.assert_allclose(paid["cycle"], 3 * np.abs(again - IMAGES).mean(), rtol=1e-4)
    found = np.argmax(fake.heads[0], axis=1) == np.array(asked)
    np.testing.assert_allclose(gan.step_metrics(real, fake)["domain_accuracy"], found.mean())


def test_makes_again_in_the_generator_s_phase_only():
    gan = gankit.StarGAN(*make_networks_of_domains(), seed=0, discriminator_steps=3)
    gan.compile(run_eagerly=True)
    made, reconstruct = [], gan.reconstruct
    gan.reconstruct = lambda *arguments: made.append(1) or reconstruct(*arguments)
    gan.train_on_batch(IMAGES, DOMAINS)
    assert len(made) == 1


@pytest.mark.parametrize(
    ("domains", "error", "message"),
    [
        (None, TypeError, "pairs of images and domains.*got nothing"),
        (np.zeros((6, 3), "float32"), TypeError, r"got float32 of shape \(6, 3\)"),
        (DOMAINS + 1, ValueError, "Class labels must be below 3"),
    ],
)
def test_bad_domains(domains, error, message):
    with pytest.raises(error, match=message):
        make_gan().fit(IMAGES, domains, batch_size=6, verbose=0)


def test_networks_of_something_else():
    with pytest.raises(ValueError, match="takes condition_image and condition_domain"):
        gankit.StarGAN(*make_networks())


def test_generate_needs_to_be_told():
    with pytest.raises(ValueError, match="takes a condition"):
        make_gan().generate(3)
