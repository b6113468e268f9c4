"""Photos of any size, in tiles: what a network that changes nothing makes of them is the photo."""

import keras
import numpy as np
import pytest
from helpers import make_cycle_networks, make_gan, make_translating_networks
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import gankit
from gankit.__main__ import main
from gankit.tiling import find_corners


def make_identity():
    """Returns a Pix2Pix whose generator repeats photos of 8x8."""
    condition = keras.Input((8, 8, 1), name="condition")
    copy = keras.layers.Conv2D(1, 1, kernel_initializer="ones", use_bias=False)
    generator = keras.Model(condition, copy(condition))
    return gankit.Pix2Pix(generator, make_translating_networks()[1])


IDENTITY = make_identity()


@given(st.integers(1, 30), st.integers(1, 30), st.floats(0, 0.9))
@settings(max_examples=25, deadline=None)
def test_a_generator_that_changes_nothing(height, width, overlap):
    photo = np.random.default_rng(0).uniform(-1, 1, (height, width, 1)).astype("float32")
    made = gankit.translate_photo(IDENTITY, photo, overlap=overlap)
    np.testing.assert_allclose(made, photo, atol=1e-5)


@given(st.integers(8, 200), st.floats(0, 0.9))
def test_tiles_cover_a_photo_and_overlap(length, overlap):
    starts = sorted({corner[0] for corner in find_corners((length, 8), (8, 8), overlap)})
    assert starts[0] == 0
    assert starts[-1] == length - 8
    assert max(np.diff(starts), default=0) <= 8 * (1 - overlap) + 1


def test_bytes_are_scaled():
    photo = np.full((9, 9, 1), 255, "uint8")
    np.testing.assert_allclose(gankit.translate_photo(IDENTITY, photo), 1.0, atol=1e-6)


def test_both_ways_of_a_cyclegan():
    gan = make_gan(make_cycle_networks, variant=gankit.CycleGAN)
    photo = np.random.default_rng(0).uniform(-1, 1, (8, 8, 1)).astype("float32")
    there, back = (gankit.translate_photo(gan, photo, inverse=inverse) for inverse in (False, True))
    np.testing.assert_allclose(there, gan.generate(condition=photo[None])[0], atol=1e-6)
    np.testing.assert_allclose(back, gan.invert(photo[None])[0], atol=1e-6)
    assert gankit.translate_photo(gan, photo[:5], inverse=True).shape == (5, 8, 1)


def test_generators_that_do_not_translate():
    with pytest.raises(ValueError, match="does not turn a photo into one of the same size"):
        gankit.translate_photo(make_gan(), np.zeros((8, 8, 1), "float32"))
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\)"):
        gankit.translate_photo(IDENTITY, np.zeros((8, 8), "float32"))


def test_a_folder_from_a_shell(tmp_path, monkeypatch, capsys):
    make_identity().save(tmp_path / "identity.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (12, 20), dtype="uint8")
    (tmp_path / "photos/deeper").mkdir(parents=True)
    Image.fromarray(pixels).save(tmp_path / "photos/deeper/one.png")
    monkeypatch.chdir(tmp_path)
    main(["translate", "identity.keras", "photos", "--out", "out"])
    assert capsys.readouterr().out == "1 of 1 photos: out\n"
    np.testing.assert_array_equal(Image.open(tmp_path / "out/deeper/one.png"), pixels)
    with pytest.raises(SystemExit, match="2"):
        main(["translate", "identity.keras", "photos", "--inverse"])
