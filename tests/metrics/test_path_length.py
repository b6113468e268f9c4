"""The length of paths through a generator whose slope is known."""

import keras
import numpy as np
import pytest
from helpers import make_plain_networks

import gankit
from gankit import metrics


class Scaled(keras.layers.Layer):
    def call(self, x):
        return keras.ops.reshape(0.1 * x, (-1, 2, 2, 1))


def measure_linear(monkeypatch, starts, ends):
    """Returns the length of paths between latents, of which images are a tenth."""
    latents = keras.Input((4,), name="latents")
    generator = keras.Model(latents, Scaled()(latents))
    discriminator = keras.Sequential(
        [keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    extractor = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    gan = gankit.GAN(generator, discriminator, generator_ema=None)
    given = iter([starts, ends])
    monkeypatch.setattr(gan, "sample_latents", lambda num_images, seed: next(given))
    return metrics.perceptual_path_length(gan, extractor, num_images=len(starts), epsilon=0.01)


def squared_chord(angle):
    """Returns the squared length of a hundredth of an arc of the unit circle, over that squared."""
    return (2 * np.sin(0.01 * angle / 2) / 0.01) ** 2


def test_a_linear_generator(monkeypatch):
    """From one axis towards the next: along a quarter of a circle."""
    found = measure_linear(monkeypatch, np.eye(4)[[0] * 50], np.eye(4)[[1] * 50])
    assert found == pytest.approx(0.01 * squared_chord(np.pi / 2), rel=1e-4)


def test_of_few_paths_each_counts(monkeypatch):
    """As in StyleGAN's code, a percentile is a path's own length, and that path is kept."""
    angles = np.array([0.3, 0.5, 2.0])
    ends = np.stack([np.cos(angles), np.sin(angles), 0 * angles, 0 * angles], axis=1)
    found = measure_linear(monkeypatch, np.eye(4)[[0] * 3], ends)
    assert found == pytest.approx(0.01 * squared_chord(angles).mean(), rel=1e-4)


def test_the_same_each_time():
    gan = gankit.GAN(*make_plain_networks())
    extractor = keras.Sequential(
        [keras.Input(gan.generator.output_shape[1:]), keras.layers.Flatten()]
    )
    first, second = (metrics.perceptual_path_length(gan, extractor, num_images=5) for _ in "12")
    assert first == second > 0


def test_what_does_not_fit():
    gan = gankit.GAN(*make_plain_networks())
    with pytest.raises(ValueError, match="epsilon must be above 0 and at most 1, got 0"):
        metrics.perceptual_path_length(gan, epsilon=0)
