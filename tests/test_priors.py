"""The distributions that latents are drawn from: their moments, and what is nearest to draw."""

import keras
import numpy as np
import pytest

from gankit import priors

MANY = (20_000, 3)


@pytest.mark.parametrize(
    ("name", "deviation", "fourth"),
    [
        ("normal", 1, 3),
        ("uniform", 3**-0.5, 1 / 5),
        ("spherical", 1, 9 / 5),  # n ** 2 times 3 / (n (n + 2)) on a sphere in n dimensions
    ],
)
def test_moments(name, deviation, fourth):
    latents = np.array(priors.get(name).sample(MANY, seed=0))
    assert (latents.shape, latents.dtype) == (MANY, "float32")
    np.testing.assert_allclose(latents.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(latents.T), deviation**2 * np.eye(3), atol=0.03)
    np.testing.assert_allclose((latents**4).mean(), fourth, rtol=0.03)


def test_uniform_latents_fill_their_range():
    latents = np.array(priors.Uniform().sample(MANY, seed=0))
    assert -1 <= latents.min() < -0.999 < 0.999 < latents.max() <= 1


@pytest.mark.parametrize("shape", [(5, 64), (5, 4, 4, 2)])
def test_the_radius_of_a_sphere_is_the_root_of_its_dimensions(shape):
    latents = np.array(priors.Spherical().sample(shape, seed=0))
    radii = np.linalg.norm(latents.reshape(5, -1), axis=1)
    np.testing.assert_allclose(radii, np.sqrt(np.prod(shape[1:])), rtol=1e-5)


def test_the_nearest_that_can_be_drawn():
    latents = np.float32([[3, -4], [0.5, -0.25]])
    np.testing.assert_array_equal(priors.Normal().nearest(latents), latents)
    np.testing.assert_array_equal(priors.Uniform().nearest(latents), [[1, -1], [0.5, -0.25]])
    # (3, -4) is 5 long, the sphere's radius is the root of 2.
    expected = np.sqrt(2) * np.array([[0.6, -0.8], [2 / np.sqrt(5), -1 / np.sqrt(5)]])
    np.testing.assert_allclose(priors.Spherical().nearest(latents), expected, rtol=1e-6)
    zero = np.zeros((1, 2), "float32")
    np.testing.assert_array_equal(priors.Spherical().nearest(zero), zero)


@pytest.mark.parametrize("name", priors.NAMES)
def test_numbers_follow_from_the_seed(name):
    prior = priors.get(name)
    one, same, other = (np.array(prior.sample((2, 3), seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()
    stream = keras.random.SeedGenerator(1)
    first, second = (np.array(prior.sample((2, 3), seed=stream)) for _ in range(2))
    assert (first != second).all()


@pytest.mark.parametrize(
    ("name", "kind", "interpolation"),
    [
        ("normal", priors.Normal, "spherical"),
        ("uniform", priors.Uniform, "linear"),
        ("spherical", priors.Spherical, "spherical"),
    ],
)
def test_names(name, kind, interpolation):
    prior = priors.get(name)
    assert type(prior) is kind
    assert prior.interpolation == interpolation
    assert priors.get(prior) is prior
    written = keras.saving.serialize_keras_object(prior)
    assert written["registered_name"] == f"gankit>{kind.__name__}"
    assert type(keras.saving.deserialize_keras_object(written)) is kind


def test_names_that_are_none():
    with pytest.raises(ValueError, match="no prior 'sphere'") as caught:
        priors.get("sphere")
    assert str(caught.value) == (
        "There is no prior 'sphere', there are ['normal', 'spherical', 'uniform']. Did you mean "
        "'spherical'?"
    )
    for wrong in (None, priors.Normal, 1.0):
        with pytest.raises(TypeError, match=r"or an instance of gankit\.priors\.Prior, got"):
            priors.get(wrong)
    with pytest.raises(NotImplementedError):
        priors.Prior().sample((1, 2))


def test_densities_by_hand():
    drawn = np.array([[0.0, 0.0], [3.0, 4.0]], "float32")
    np.testing.assert_allclose(priors.Normal().log_density(drawn), [0.0, -12.5])
    np.testing.assert_allclose(priors.Uniform().log_density(drawn), [0.0, 0.0])
