"""Distances between features whose values are known, or worked out in another way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.metrics.by_name import measure
from gankit.metrics.density_coverage import density_coverage
from gankit.metrics.fid import frechet_distance, gaussian_distance
from gankit.metrics.kid import kernel_distance, unbiased_discrepancy
from gankit.metrics.neighbours import distance_blocks, neighbour_radii
from gankit.metrics.precision_recall import precision_recall


def normal(number, size=8, mean=0.0, scale=1.0, seed=0):
    values = np.random.default_rng(seed).normal(mean, scale, (number, size))
    return values.astype("float32")


def mixed(number, size, seed):
    """Correlated features, as those of a network are."""
    random = np.random.default_rng(seed)
    return (random.normal(size=(number, size)) @ random.normal(size=(size, size))).astype("float32")


def test_frechet_distance_of_a_set_from_itself_is_zero():
    features = mixed(500, 32, seed=0)
    assert frechet_distance(features, features.copy()) < 1e-6 * np.var(features, axis=0).sum()


def test_frechet_distance_of_gaussians_is_the_closed_form():
    # Independent axes: |m1 - m2|^2 and the squared differences of the standard deviations.
    means, deviations = np.array([[1.0, 2, 3], [0, 2, 5]]), np.array([[1.0, 2, 0.5], [2, 2, 0]])
    expected = np.square(means[0] - means[1]).sum()
    expected += np.square(deviations[0] - deviations[1]).sum()
    covariances = [np.diag(d**2) for d in deviations]
    # Turning both changes nothing.
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    distance = gaussian_distance(
        turn @ means[0],
        turn @ covariances[0] @ turn.T,
        turn @ means[1],
        turn @ covariances[1] @ turn.T,
    )
    np.testing.assert_allclose(distance, expected, rtol=1e-7)


@pytest.mark.parametrize("size", [2, 16, 64])
def test_frechet_distance_agrees_with_the_product_s_own_eigenvalues(size):
    real, fake = mixed(1500, size, seed=0), mixed(2500, size, seed=1) + 0.3
    one, other = (np.cov(features.astype("float64"), rowvar=False) for features in (real, fake))
    of_product = np.linalg.eigvals(one @ other)
    expected = np.square(real.mean(0, dtype="float64") - fake.mean(0, dtype="float64")).sum()
    expected += np.trace(one) + np.trace(other) - 2 * np.sqrt(of_product.astype(complex)).real.sum()
    np.testing.assert_allclose(frechet_distance(real, fake), expected, rtol=1e-6)


def test_frechet_distance_in_float64():
    # Far from zero, float32 sums would lose the variance.
    features = normal(3000, 4) + 1000
    shifted = frechet_distance(features, features + 1)
    np.testing.assert_allclose(shifted, 4, rtol=1e-3)


def test_discrepancy_by_hand():
    # One feature, kernel (x y + 1)^3. Pairs within x = (0, 1): 1; within y = (2, 2): 125;
    # between: 1, 1, 27, 27, whose mean is 14.
    x, y = np.array([[0.0], [1.0]]), np.array([[2.0], [2.0]])
    assert unbiased_discrepancy(x, y) == 1 + 125 - 2 * 14


def test_kernel_distance_is_unbiased():
    halves = normal(4000).reshape(2, 2000, 8)
    distance = kernel_distance(*halves, subsets=200, subset_size=100)
    # The mean of 200 values that spread by std: within four standard errors of 0.
    assert abs(distance.mean) < 4 * distance.std / np.sqrt(200)
    assert distance.std > 0
    assert kernel_distance(halves[0], halves[1] + 1).mean > 0.1


def test_the_deviation_of_a_single_subset_is_not_known():
    real, fake = normal(10), normal(10, seed=1)
    distance = kernel_distance(real, fake)
    expected = unbiased_discrepancy(real.astype("float64"), fake.astype("float64"))
    np.testing.assert_allclose(distance.mean, expected)
    assert np.isnan(distance.std)
    assert np.isnan(kernel_distance(real, fake, subsets=1, subset_size=5).std)
    assert kernel_distance(real, fake, subset_size=5).std > 0
    assert set(measure(real, fake, "kid")) == {"kid"}


def test_kernel_distance_follows_its_seed():
    real, fake = normal(300), normal(300, seed=1)
    options = {"subsets": 5, "subset_size": 50}
    assert kernel_distance(real, fake, **options) == kernel_distance(real, fake, **options)
    assert kernel_distance(real, fake, **options) != kernel_distance(real, fake, seed=1, **options)


@settings(deadline=None, max_examples=25)
@given(rows=st.integers(1, 1100), others=st.integers(1, 40), seed=st.integers(0, 99))
def test_distances_in_blocks(rows, others, seed):
    x, y = normal(rows, 3, seed=seed), normal(others, 3, seed=seed + 1) + 5
    expected = np.linalg.norm(x[:, None].astype("float64") - y, axis=-1)
    blocks = list(distance_blocks(x, y))
    assert [rows.start for rows, _ in blocks] == list(range(0, rows, 512))
    np.testing.assert_allclose(np.concatenate([b for _, b in blocks]), expected, atol=1e-3)


def test_radii_by_hand():
    features = np.array([[0.0], [1.0], [3.0], [7.0]])
    np.testing.assert_allclose(neighbour_radii(features, 1), [1, 1, 2, 4])
    np.testing.assert_allclose(neighbour_radii(features, 3), [7, 6, 4, 7])


def two_clusters(number=100):
    return np.concatenate([normal(number, 2), normal(number, 2, seed=1) + 100])


def test_precision_and_recall_of_known_cases():
    both, one = two_clusters(), normal(100, 2)
    assert precision_recall(both, both) == (1, 1)
    assert precision_recall(both, one) == (1, 0.5)  # fakes: one of two real clusters
    assert precision_recall(one, both) == (0.5, 1)  # half of the fakes are off
    assert precision_recall(one, one + 1000) == (0, 0)


def test_density_and_coverage_of_known_cases():
    both, one = two_clusters(), normal(100, 2)
    density, coverage = density_coverage(both, both)
    np.testing.assert_allclose(density, 1.2, atol=0.01)  # itself and k = 5 others on average, / 5
    assert coverage == 1
    assert density_coverage(both, one).coverage == 0.5
    assert density_coverage(one, both).coverage == 1
    assert density_coverage(one, one + 1000) == (0, 0)
    # An outlier among the real images widens the manifold, but few balls contain a fake there.
    outlier = np.concatenate([one, [[500, 500]]]).astype("float32")
    fakes = normal(50, 2, seed=3) + 200
    assert precision_recall(outlier, fakes).precision == 1
    assert density_coverage(outlier, fakes).density < 0.25


@pytest.mark.parametrize(
    "metric", [frechet_distance, kernel_distance, precision_recall, density_coverage]
)
@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (normal(50), normal(1), "at least two fake images, got 1"),
        (normal(50), np.full((50, 8), np.nan, "float32"), "fake features hold NaN.*50 of 50"),
        (normal(50), normal(50, 7), "have 8 features and fake ones 7"),
        (normal(50)[0], normal(50), r"real features must be floats of shape.*\(8,\)"),
        (normal(50).astype(int), normal(50), "floats.*int64"),
    ],
)
def test_bad_features(metric, real, fake, message):
    with pytest.raises(ValueError, match=message):
        metric(real, fake)


def test_too_few_images():
    with pytest.raises(ValueError, match="8 features needs more images than that, got 8 fake"):
        frechet_distance(normal(50), normal(8))
    with pytest.raises(ValueError, match="subset_size must be at least 2, got 1"):
        kernel_distance(normal(50), normal(50), subset_size=1)
    with pytest.raises(ValueError, match="subsets must be an integer of at least 1"):
        kernel_distance(normal(50), normal(50), subsets=0)
    with pytest.raises(ValueError, match="number of other images, 2, got 3"):
        precision_recall(normal(50), normal(3))
    with pytest.raises(ValueError, match="number of other images, 4, got 5"):
        density_coverage(normal(5), normal(50))


def test_identical_images_give_numbers():
    same = np.repeat(normal(1), 20, axis=0)
    np.testing.assert_allclose(frechet_distance(same, same), 0, atol=1e-9)
    assert np.isfinite(frechet_distance(normal(50), same))
    assert np.isfinite(kernel_distance(normal(50), same).mean)
    assert precision_recall(same, same) == (1, 1)
    assert density_coverage(same, same).coverage == 1
