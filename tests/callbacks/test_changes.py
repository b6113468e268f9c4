"""What a script may change before it takes up a run, and what it may not."""

import json
import shutil

import keras
import numpy as np
import pytest
from helpers import (
    IMAGE_SHAPE,
    StopAfter,
    Stopped,
    make_dataset,
    make_gan,
    make_images,
    make_plain_networks,
)
from keras.optimizers import Adam, RMSprop

import gankit
from gankit import architectures
from gankit.callbacks import Checkpoint
from gankit.callbacks.changes import Change, compare, compare_data, without_names
from gankit.layers import SpectralNormalization
from gankit.training.known_data import describe_data

STEPS = 4  # an epoch


def run(folder, *callbacks, networks=make_plain_networks, data=None, epochs=2, every=1, **options):
    """Runs a script in a folder, up to an epoch, and returns the GAN."""
    loss = options.pop("loss", "non_saturating")
    optimizers = {
        f"{name}_optimizer": options.pop(name, Adam(1e-3))
        for name in ("generator", "discriminator")
    }
    compiling = {"loss": loss, "penalty": options.pop("penalty", None), **optimizers}
    gan = make_gan(networks, compile_options={"run_eagerly": True, **compiling}, **options)
    gan.fit(
        make_dataset() if data is None else data,
        epochs=epochs,
        verbose=0,
        callbacks=[Checkpoint(folder, every), *callbacks],
    )
    return gan


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The folder of a run that was stopped in its second epoch, after three of four steps."""
    folder = tmp_path_factory.mktemp("begun") / "run"
    with pytest.raises(Stopped):
        run(folder, StopAfter(STEPS + 3))
    return folder


@pytest.fixture
def folder(begun, tmp_path):
    """A copy of that folder."""
    return shutil.copytree(begun, tmp_path / "run")


def other_activation():
    _, discriminator = make_plain_networks()
    generator = architectures.mlp.build_generator(IMAGE_SHAPE, 4, hidden_units=(8,))
    config = generator.get_config()
    dense = next(one for one in config["layers"] if one["class_name"] == "Dense")
    dense["config"]["activation"] = "elu"
    return keras.Model.from_config(config), discriminator


def wider():
    generator = architectures.mlp.build_generator(IMAGE_SHAPE, 4, hidden_units=(9,))
    return generator, make_plain_networks()[1]


SCHEDULE = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator": RMSprop(1e-3)}, "generator_optimizer: Adam -> RMSprop"),
        ({"discriminator": Adam(SCHEDULE)}, r"optimizer.learning_rate: 0.001 -> Exponential"),
        ({"generator": Adam(1e-3, amsgrad=True)}, "Skipping variable loading for optimizer"),
        ({"networks": other_activation}, r"generator\.layers.*\.activation: .* -> elu"),
        ({"networks": wider}, r"generator\.layers.*\.units: 8 -> 9"),
    ],
)
def test_what_cannot_be_gone_on_with(folder, changes, message):
    with pytest.raises(ValueError, match=f"(?s)belongs to another GAN.*{message}"):
        run(folder, **changes)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"loss": "hinge"}, ["loss: NonSaturating -> Hinge"]),
        (
            {"penalty": gankit.penalties.R1(2.0), "generator": Adam(1e-3, beta_1=0.5)},
            ["generator_optimizer.beta_1: 0.9 -> 0.5", "penalty: None -> R1"],
        ),
        ({"generator": Adam(1e-4)}, ["generator_optimizer.learning_rate: 0.001 -> 0.0001"]),
        ({"data": make_dataset(48)}, ["data.batches: 4 -> 6"]),
    ],
)
def test_what_is_told_once_and_gone_on_with(folder, changes, lines):
    with pytest.warns(UserWarning, match="The script has changed since") as told:
        run(folder, **changes)
    (message,) = [str(one.message) for one in told if one.category is UserWarning]
    assert message.split("\n")[1:] == [f"  {line}" for line in lines]


def test_a_new_rate_holds_and_is_told_once(folder):
    with pytest.warns(UserWarning, match="0.001 -> 0.0001"), pytest.raises(Stopped):
        run(folder, StopAfter(1), generator=Adam(1e-4), epochs=3)
    gan = run(folder, generator=Adam(1e-4), epochs=3)  # in silence
    rates = [float(one.learning_rate) for one in gan.optimizer.optimizers]
    np.testing.assert_allclose(rates, [1e-4, 1e-3])
    assert gan.optimizer.iterations == 3 * STEPS


def test_a_rate_that_a_callback_has_set_stays(tmp_path):
    class Halve(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            for optimizer in self.model.optimizer.optimizers:
                optimizer.learning_rate = float(optimizer.learning_rate) / 2

    run(tmp_path, Halve(), epochs=1, every="epoch")
    with pytest.warns(UserWarning, match="is not taken: a callback has set it to 0.0005"):
        gan = run(tmp_path, generator=Adam(1e-4))
    assert [float(one.learning_rate) for one in gan.optimizer.optimizers] == pytest.approx(
        [5e-4] * 2
    )
    run(tmp_path, generator=Adam(1e-4), epochs=3)  # has been told


def test_more_epochs_are_done_than_asked_for(folder):
    with pytest.raises(ValueError, match="1 epochs and 3 steps are done, but epochs=1 asks"):
        run(folder, epochs=1)


def test_data_that_shrank(folder):
    with pytest.raises(ValueError, match=r"3 batches of an epoch are trained, .* only 2 batches"):
        run(folder, data=make_dataset(16))


def test_other_data_of_the_same_size(folder):
    with pytest.warns(UserWarning, match="means of the data's first images: "):
        run(folder, data=gankit.data.from_arrays(make_images(seed=1), batch_size=8, seed=0))


def test_data_are_known_again_by_their_first_epoch():
    dataset = make_dataset()
    gan = make_gan(make_plain_networks, compile_options={"run_eagerly": True})
    gan.fit(dataset, verbose=0)
    first = gan.position.data
    gan.fit(dataset, verbose=0)
    assert gan.position.data == first
    assert first["batches"] == STEPS
    assert first["shapes"] == [[8, *IMAGE_SHAPE]]


def test_a_description_of_arrays():
    images, labels = np.full((5, 2, 2, 1), 0.5, "float32"), np.arange(5)
    assert describe_data(images, (images[:2], labels[:2]), batch_size=2) == {
        "batches": 3,
        "shapes": [[2, 2, 2, 1], [2]],
        "means": [[0.5, 0.5], [0.0, 1.0]],
    }
    endless = (images for _ in range(3))
    assert describe_data(endless, None) == {"batches": None, "shapes": [], "means": []}
    assert describe_data(endless, None, steps_per_epoch=7)["batches"] == 7


def test_means_are_compared_to_three_digits():
    then = {"batches": 2, "shapes": [[2, 1]], "means": [[0.5, 100.0]]}
    assert compare_data(then, then | {"means": [[0.5004, 100.05]]}, step=0) == []
    other = compare_data(then, then | {"means": [[0.5, 101.0]]}, step=0)
    assert list(map(str, other)) == ["means of the data's first images: 0.5 100 -> 0.5 101"]


def test_differences_by_name():
    def hinge(**config):
        return {"class_name": "Hinge", "config": config}

    old = {"loss": hinge(margin=1.0), "parts": [1, 2], "gone": 1, "f": {"class_name": "__lambda__"}}
    new = {"loss": hinge(margin=2.0), "parts": [1, 3], "new": 1, "f": {"class_name": "__lambda__"}}
    assert [*compare(old, new)] == [Change("loss.margin", 1.0, 2.0), Change("parts.1", 2, 3)]
    assert list(map(str, compare(old, {"loss": None}))) == ["loss: Hinge -> None"]


def test_names_of_layers_do_not_count():
    def network(units=3):
        inputs = keras.Input((2,))
        x = SpectralNormalization(keras.layers.Dense(units))(inputs)
        inner = keras.Sequential([keras.Input((units,)), keras.layers.Dense(units)])
        model = keras.Model(inputs, keras.layers.Add()([x, inner(x)]))
        return without_names(json.loads(model.to_json()))

    assert [*compare(network(), network())] == []
    halves = network(), network()
    halves[1]["config"]["layers"][1]["config"]["dtype"]["config"]["name"] = "mixed_float16"
    assert "mixed_float16" in str(*compare(*halves))
    assert all("units" in name or "shape" in name for name, *_ in compare(network(), network(4)))
