import keras
import numpy as np
import pytest
from helpers import make_conditional_networks, make_dataset, make_gan, make_images
from PIL import Image

import gankit
from gankit import callbacks, data


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)[..., None]


def test_a_grid_for_each_epoch_from_the_same_latents(tmp_path):
    gan = make_gan()
    gan.fit(
        make_dataset(), epochs=2, verbose=0, callbacks=[callbacks.SampleGrid(tmp_path / "new", 9)]
    )
    assert names(tmp_path / "new") == ["epoch_0001.png", "epoch_0002.png"]
    expected = gankit.make_grid(gan.generate(9, seed=0), scale="auto")
    np.testing.assert_array_equal(pixels(tmp_path / "new" / "epoch_0002.png"), expected)
    assert not np.array_equal(pixels(tmp_path / "new" / "epoch_0001.png"), expected)


def test_another_range_of_values(tmp_path):
    gan = make_gan()
    grid = callbacks.SampleGrid(tmp_path, 9, value_range=(0, 1))
    gan.fit(make_dataset(), verbose=0, callbacks=[grid])
    images = gan.generate(9, seed=0)
    expected = gankit.make_grid(images, value_range=(0, 1), scale="auto")
    np.testing.assert_array_equal(pixels(tmp_path / "epoch_0001.png"), expected)
    assert not np.array_equal(gankit.make_grid(images, scale="auto"), expected)


@pytest.mark.parametrize(
    ("options", "message"), [({"value_range": (1, 0)}, "low, high"), ({"columns": 0}, "columns")]
)
def test_what_can_not_be_drawn_is_an_error_before_training(tmp_path, options, message):
    gan = make_gan()
    with pytest.raises(ValueError, match=message):
        gan.fit(make_dataset(), verbose=0, callbacks=[callbacks.SampleGrid(tmp_path, 9, **options)])
    assert gan.optimizer.iterations == 0


def test_numbers_go_on_in_a_run_that_is_taken_up_again(tmp_path):
    gan = make_gan()
    gan.fit(make_dataset(), verbose=0, callbacks=[callbacks.SampleGrid(tmp_path, 4)])
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    loaded.fit(make_dataset(), verbose=0, callbacks=[callbacks.SampleGrid(tmp_path, 4)])
    assert names(tmp_path) == ["epoch_0001.png", "epoch_0002.png", "gan.keras"]


@pytest.mark.parametrize(
    ("steps_per_execution", "expected"),
    [
        (1, ["step_000003.png", "step_000006.png"]),
        (2, ["step_000004.png", "step_000006.png"]),
    ],
)
def test_a_grid_every_few_steps(tmp_path, steps_per_execution, expected):
    gan = make_gan(compile_options={"steps_per_execution": steps_per_execution})
    grid = callbacks.SampleGrid(tmp_path, 4, every=3)
    gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=[grid])  # 4 steps an epoch
    assert names(tmp_path) == expected


def test_conditions_and_columns(tmp_path):
    gan = make_gan(make_conditional_networks)
    grid = callbacks.SampleGrid(tmp_path, condition=[0, 1, 2, 0], columns=2)
    dataset = data.from_arrays(make_images(8), np.arange(8) % 3, batch_size=4)
    gan.fit(dataset, verbose=0, callbacks=[grid])
    expected = gankit.make_grid(
        gan.generate(condition=[0, 1, 2, 0], seed=0), columns=2, scale="auto"
    )
    np.testing.assert_array_equal(pixels(tmp_path / "epoch_0001.png"), expected)


def test_a_grid_that_can_t_be_made_is_an_error_before_training(tmp_path):
    gan = make_gan(make_conditional_networks)
    dataset = data.from_arrays(make_images(8), np.arange(8) % 3, batch_size=4)
    with pytest.raises(ValueError, match="takes a condition, a row for each image"):
        gan.fit(dataset, verbose=0, callbacks=[callbacks.SampleGrid(tmp_path)])
    assert gan.generator_optimizer.iterations == 0


def test_bad_arguments():
    with pytest.raises(ValueError, match="every, unless it is 'epoch', must be an integer"):
        callbacks.SampleGrid("samples", every="batch")
