"""Mirror images: the same decisions from every adapter, whatever the batches look like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gankit import data
from gankit.data.epochs import set_epoch
from gankit.data.flips import make_flip

SIZE = (6, 8)
NUMBER = 16
# Noise: no image looks like its own mirror image or like another.
PHOTOS = np.random.default_rng(0).integers(0, 256, (NUMBER, *SIZE, 3), dtype="uint8")
ORIGINALS = {photo.tobytes(): index for index, photo in enumerate(PHOTOS)}
MIRRORED = {photo[:, ::-1].tobytes(): index for index, photo in enumerate(PHOTOS)}

ADAPTERS = {
    "arrays": lambda root, **options: data.from_arrays(PHOTOS, **options),
    "floats": lambda root, **options: data.from_arrays(
        (PHOTOS / 127.5 - 1).astype("float32"), **options
    ),
    "directory": lambda root, **options: data.from_directory(
        root / "photos", image_size=SIZE, **options
    ),
    "cached_directory": lambda root, **options: data.from_directory(
        root / "photos", image_size=SIZE, cache=True, **options
    ),
    "celeba": lambda root, **options: data.from_celeba(root / "photos", image_size=SIZE, **options),
    "pairs": lambda root, **options: data.from_pairs(
        root / "photos", root / "negatives", image_size=SIZE, **options
    ),
    "high_resolution": lambda root, **options: data.from_high_resolution(
        root / "photos", factor=2, patch_size=SIZE, **options
    ),
}
every_adapter = pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS.keys())


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The photos and their negatives, as files whose names keep the order of the array."""
    root = tmp_path_factory.mktemp("flips")
    for name, images in (("photos", PHOTOS), ("negatives", 255 - PHOTOS)):
        (root / name).mkdir()
        for index, image in enumerate(images):
            Image.fromarray(image).save(root / name / f"{index:02d}.png")
    return root


def in_bytes(images):
    return np.round((np.array(images) + 1) * 127.5).astype("uint8")


def find_mirrored(dataset, epoch=0):
    """Returns by index which images an epoch mirrors; each must be an original or its mirror."""
    set_epoch(dataset, epoch)
    found = {}
    for batch in dataset:
        for image in in_bytes(batch[0] if isinstance(batch, tuple) else batch):
            content = image.tobytes()
            is_original = content in ORIGINALS
            index = ORIGINALS[content] if is_original else MIRRORED[content]
            assert found.setdefault(index, not is_original) == (not is_original)
    return found


def from_photos(**options):
    return data.from_arrays(PHOTOS, **{"batch_size": 8, "flip": "horizontal", **options})


def decisions(indices, seed=0, epoch=0, num_images=NUMBER):
    """Returns what ``make_flip`` does to images of two pixels: 1 where it mirrors."""
    mirror = make_flip("horizontal", num_images, seed)
    images = np.tile([[[[0], [1]]]], (len(indices), 1, 1, 1))
    return mirror(images, np.array(indices), epoch)[:, 0, 0, 0].tolist()


def test_mirrors_left_and_right_of_the_chosen_images_alone():
    images = np.arange(12).reshape(2, 2, 3, 1)
    mirror = make_flip("horizontal", NUMBER, 0)
    assert decisions([0, 1]) == [0, 1]
    expected = [[[0, 1, 2], [3, 4, 5]], [[8, 7, 6], [11, 10, 9]]]
    np.testing.assert_array_equal(mirror(images, np.array([0, 1]), 0)[..., 0], expected)


def test_the_decisions_of_a_seed_never_change():
    # A resumed run must go on with the same images. An image is mirrored where the highest bit of
    # its 64 random ones is 0, for then its number is below a half.
    expected = {}
    for epoch in (0, 1):
        key = np.random.SeedSequence(7, spawn_key=(1, epoch))
        expected[epoch] = (np.random.PCG64(key).random_raw(16) < 2**63).astype(int).tolist()
        assert decisions(range(16), seed=7, epoch=epoch) == expected[epoch]
    assert expected[0] == [0, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0]
    assert expected[1] == [1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1]


@settings(deadline=None, max_examples=25)
@given(
    indices=st.lists(st.integers(0, 99), min_size=1, max_size=9),
    seed=st.integers(0, 2**40),
    epoch=st.integers(0, 10_000),
    more=st.integers(0, 5_000),
)
def test_a_decision_depends_on_seed_epoch_and_index_alone(indices, seed, epoch, more):
    together = decisions(indices, seed, epoch, num_images=100)
    assert together == decisions(indices, seed, epoch, num_images=100 + more)
    assert together == [decisions([index], seed, epoch, num_images=100)[0] for index in indices]


def test_half_of_all_images_are_mirrored():
    many = np.array([decisions(range(1000), epoch=epoch, num_images=1000) for epoch in range(50)])
    # Shares of 50,000, 1,000 and 50 fair coins: within five standard deviations of a half.
    assert abs(many.mean() - 0.5) < 0.012
    assert np.abs(many.mean(axis=1) - 0.5).max() < 0.08
    assert np.abs(many.mean(axis=0) - 0.5).max() < 0.36
    # Two epochs, two seeds, and two neighbours agree on half of the images.
    other_seed = np.array(decisions(range(1000), seed=1, num_images=1000))
    assert abs((many[0] == many[1]).mean() - 0.5) < 0.08
    assert abs((many[0] == other_seed).mean() - 0.5) < 0.08
    assert abs((many[:, 1:] == many[:, :-1]).mean() - 0.5) < 0.012


@every_adapter
def test_every_adapter_mirrors_the_same_images(root, adapter):
    dataset = adapter(root, batch_size=8, flip="horizontal", seed=5)
    expected = decisions(range(NUMBER), seed=5, epoch=3)
    assert find_mirrored(dataset, epoch=3) == dict(enumerate(expected))


@every_adapter
def test_files_and_arrays_give_equal_pictures(root, adapter):
    options = {"batch_size": 4, "flip": "horizontal", "seed": 2}
    dataset, expected = adapter(root, **options), data.from_arrays(PHOTOS, **options)
    for _ in range(2):
        for batch, arrays in zip(dataset, expected, strict=True):
            images = batch[0] if isinstance(batch, tuple) else batch
            np.testing.assert_array_equal(in_bytes(images), in_bytes(arrays))
            assert images.shape == arrays.shape


@every_adapter
def test_none_leaves_all_images_as_they_are(root, adapter):
    dataset = adapter(root, batch_size=4, flip=None)
    assert not any(find_mirrored(dataset).values())
    flipped = adapter(root, batch_size=4, flip="horizontal")
    assert flipped.element_spec == dataset.element_spec


@every_adapter
@pytest.mark.parametrize("flip", [True, False, "vertical", "Horizontal", 1])
def test_anything_else_is_an_error(root, adapter, flip):
    with pytest.raises(ValueError, match=rf"'horizontal' or None, got {flip!r}.*flip=None"):
        adapter(root, batch_size=4, flip=flip)


@pytest.mark.parametrize(
    ("name", "mirrors"), [(name, name == "high_resolution") for name in ADAPTERS]
)
def test_only_patches_are_mirrored_by_default(root, name, mirrors):
    assert any(find_mirrored(ADAPTERS[name](root, batch_size=4)).values()) == mirrors


@pytest.mark.parametrize("batch_size", [4, 8])
@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_and_order_change_nothing(batch_size, shuffle):
    dataset = from_photos(batch_size=batch_size, shuffle=shuffle)
    assert find_mirrored(dataset) == dict(enumerate(decisions(range(NUMBER))))


def test_each_epoch_mirrors_other_images():
    dataset = from_photos(shuffle=False)
    epochs = [find_mirrored(dataset, epoch) for epoch in (0, 1, 0)]
    assert epochs[0] != epochs[1]
    assert epochs[0] == epochs[2]


def test_labels_stay():
    for images, labels in from_photos(labels=np.arange(NUMBER)):
        for image, label in zip(in_bytes(images), labels.numpy(), strict=True):
            assert label == {**ORIGINALS, **MIRRORED}[image.tobytes()]


def test_copies_drawn_with_replacement_are_treated_alike():
    # find_mirrored sees to it that all copies of one image agree.
    dataset = from_photos(replacement=True)
    for epoch in range(5):
        found = find_mirrored(dataset, epoch)
        expected = decisions(range(NUMBER), epoch=epoch)
        assert len(found) < NUMBER
        assert found == {index: expected[index] for index in found}


def test_both_images_of_a_pair_are_mirrored_together(root):
    for images, inputs in ADAPTERS["pairs"](root, batch_size=4, flip="horizontal"):
        np.testing.assert_array_equal(in_bytes(images), 255 - in_bytes(inputs))


def test_the_small_patch_is_made_of_the_mirrored_one(root):
    for patches, small in ADAPTERS["high_resolution"](root, batch_size=4):
        expected = np.clip(data.resize_bicubic(patches, (3, 4)), -1, 1)
        np.testing.assert_allclose(small, expected, atol=1e-6)


def test_a_mirror_image_does_not_change_where_a_crop_is(root):
    def crops(flip):
        dataset = data.from_pairs(
            root / "photos",
            root / "negatives",
            image_size=(3, 4),
            load_size=SIZE,
            batch_size=NUMBER,
            flip=flip,
            shuffle=False,
        )
        return np.array(next(iter(dataset))[0])

    plain, flipped = crops(None), crops("horizontal")
    for one, other, mirrored in zip(plain, flipped, decisions(range(NUMBER)), strict=True):
        np.testing.assert_array_equal(other, one[:, ::-1] if mirrored else one)
