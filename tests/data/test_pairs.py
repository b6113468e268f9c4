"""Two images that belong together: whatever happens to one happens to the other."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gankit import data
from gankit.data.epochs import set_epoch

SIZE = (6, 8)


def picture(number):
    """Returns noise, since no other crop or mirror image of it looks the same."""
    return np.random.default_rng(number).integers(0, 256, (*SIZE, 3)).astype("uint8")


@pytest.fixture
def folders(tmp_path):
    """Four pairs, of an image and its negative: side by side, and in two folders."""
    for name in ("both", "images", "inputs"):
        (tmp_path / name).mkdir()
    for number in range(4):
        image = picture(number)
        negative = 255 - image
        name = f"{number}.png"
        Image.fromarray(np.hstack([image, negative])).save(tmp_path / "both" / name)
        Image.fromarray(image).save(tmp_path / "images" / name)
        Image.fromarray(negative).save(tmp_path / "inputs" / name)
    return tmp_path


def in_bytes(images):
    return np.round((np.array(images) + 1) * 127.5).astype(int)


@pytest.mark.parametrize("side", ["left", "right"])
def test_side_by_side(folders, side):
    options = {"image_size": SIZE, "batch_size": 2, "shuffle": False, "input_side": side}
    batches = list(data.from_pairs(folders / "both", **options))
    assert len(batches) == 2
    images, inputs = batches[1] if side == "right" else batches[1][::-1]
    np.testing.assert_array_equal(in_bytes(images), [picture(2), picture(3)])
    np.testing.assert_array_equal(in_bytes(inputs), 255 - in_bytes(images))


def test_two_folders(folders):
    augmented = {"flip": "horizontal", "load_size": (9, 12), "seed": 3}
    options = {"image_size": SIZE, "batch_size": 4, **augmented}
    together = data.from_pairs(folders / "both", **options)
    apart = data.from_pairs(folders / "images", folders / "inputs", **options)
    assert apart.element_spec == together.element_spec
    for one, other in zip(next(iter(together)), next(iter(apart)), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("load_size", [None, (9, 12)])
def test_the_same_happens_to_both(folders, load_size):
    dataset = data.from_pairs(
        folders / "images",
        folders / "inputs",
        image_size=SIZE,
        batch_size=4,
        load_size=load_size,
        flip="horizontal",
    )
    places = []
    for _ in range(3):
        for images, inputs in dataset:
            np.testing.assert_allclose(
                images, -inputs.numpy(), atol=4.1 / 255
            )  # each is rounded twice
            places.append(images.numpy().tobytes())
    assert len(set(places)) == 3


def test_a_mirror_image_or_not(folders):
    dataset = data.from_pairs(
        folders / "both", image_size=SIZE, batch_size=4, flip="horizontal", shuffle=False
    )
    mirrored = 0
    for _ in range(20):
        (batch,) = dataset
        for number, image in enumerate(in_bytes(batch[0])):
            turned = np.array_equal(image, picture(number)[:, ::-1])
            assert turned or np.array_equal(image, picture(number))
            mirrored += turned
    assert 20 < mirrored < 60  # of 80


def test_crops_are_a_function_of_seed_and_epoch(folders):
    def crops(seed, epoch):
        dataset = data.from_pairs(
            folders / "both",
            image_size=(3, 4),
            load_size=SIZE,
            batch_size=2,
            flip="horizontal",
            seed=seed,
        )
        set_epoch(dataset, epoch)
        return np.array([batch[0] for batch in dataset])

    np.testing.assert_array_equal(crops(0, 1), crops(0, 1))
    assert not np.array_equal(crops(0, 1), crops(0, 2))
    assert not np.array_equal(crops(0, 1), crops(1, 1))


def test_names_that_are_in_one_folder_only(folders):
    (folders / "inputs/2.png").unlink()
    parts = (folders / "images", folders / "inputs")
    options = {"image_size": SIZE, "batch_size": 3}
    with pytest.raises(ValueError, match=r"1 names are in one of them only.*first is '2'"):
        data.from_pairs(*parts, **options)
    with pytest.warns(UserWarning, match="1 names are in one of .* only.*left out"):
        (batch,) = data.from_pairs(*parts, on_error="skip", shuffle=False, **options)
    np.testing.assert_array_equal(in_bytes(batch[0]), [picture(0), picture(1), picture(3)])


def test_nothing_but_damage(folders):
    for path in (folders / "both").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"4 of 4 images[^$]*Not one is left"):
        data.from_pairs(folders / "both", image_size=SIZE, batch_size=2, on_error="skip")


def test_a_file_that_vanishes_leaves_no_false_pair(folders):
    parts = (folders / "images", folders / "inputs")
    dataset = data.from_pairs(*parts, image_size=SIZE, batch_size=4, on_error="skip")
    (folders / "inputs/2.png").unlink()
    with (
        pytest.warns(UserWarning, match=r"2\.png can't be read"),
        pytest.raises(tf.errors.InvalidArgumentError, match="A file of a pair"),
    ):
        list(dataset)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"load_size": (5, 9)}, r"load_size=\(5, 9\) must be at least image_size=\(6, 8\)"),
        ({"input_side": "top"}, "input_side must be one of"),
        ({"batch_size": 5}, "batch_size=5 is larger"),
    ],
)
def test_bad_input(folders, options, message):
    with pytest.raises(ValueError, match=message):
        data.from_pairs(folders / "both", **{"image_size": SIZE, "batch_size": 2, **options})
