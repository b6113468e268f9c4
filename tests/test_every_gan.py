"""The contract that every GAN meets. A variant adds one row."""

import keras
import numpy as np
import pytest
from helpers import (
    NUM_CLASSES,
    assert_same_state,
    make_autoencoders,
    make_dcgan_of_classes,
    make_images,
    make_networks,
    make_networks_of_classes,
    make_networks_of_codes,
    make_residual_networks,
    values,
)

import gankit
from gankit import data

# variant, networks, constructor arguments, what generate needs for three images
GANS = [
    (gankit.GAN, make_networks, {}, {"num_images": 3}),
    (gankit.GAN, make_dcgan_of_classes, {}, {"condition": [0, 1, 2]}),
    (gankit.GAN, make_residual_networks, {"augment": "ADA"}, {"condition": [0, 1, 2]}),
    (gankit.ACGAN, make_networks_of_classes, {}, {"condition": [0, 1, 2]}),
    (gankit.WGAN, make_networks, {"discriminator_steps": 2}, {"num_images": 3}),
    (gankit.WGANGP, make_networks, {"discriminator_steps": 2}, {"num_images": 3}),
    (gankit.InfoGAN, make_networks_of_codes, {}, {"num_images": 3}),
    (gankit.EBGAN, make_autoencoders, {"pulling_away": 0.1}, {"num_images": 3}),
    (gankit.BEGAN, make_autoencoders, {"balance_rate": 0.1}, {"num_images": 3}),
]


@pytest.fixture(params=GANS, ids=lambda row: f"{row[0].__name__}-{row[1].__name__}")
def row(request):
    return request.param


@pytest.fixture
def make_gan(row):
    variant, networks, options, _ = row

    def make(**compile_options):
        if options.get("augment"):
            options["augment"] = gankit.augment.ADA(target=-0.99)
        gan = variant(*networks(), seed=0, **options)
        gan.compile(**compile_options)
        return gan

    return make


def make_dataset():
    return data.from_arrays(make_images(40), np.arange(40) % NUM_CLASSES, batch_size=10)


def test_trains_and_logs(make_gan):
    gan = make_gan()
    before = kernels(gan)
    history = gan.fit(make_dataset(), epochs=2, verbose=0).history
    assert {"discriminator_loss", "generator_loss"} <= set(history)
    assert np.isfinite([*history.values()]).all()
    assert all(not np.array_equal(a, b) for a, b in zip(before, kernels(gan), strict=True))


def kernels(gan):
    # Not biases: the last one of a critic moves real and fake scores alike, and has no gradient.
    every = values(gan.generator) + values(gan.discriminator)
    return [value for value in every if value.ndim > 1]


def test_phases_are_separate(make_gan):
    gan = make_gan(run_eagerly=True)
    ran = []

    def watch(phase, theirs):
        update = getattr(gan, phase)

        def watched(*arguments):
            before = [np.array(variable) for variable in theirs]
            result = update(*arguments)
            for variable, value in zip(theirs, before, strict=True):
                np.testing.assert_array_equal(variable, value)
            ran.append(phase)
            return result

        setattr(gan, phase, watched)

    watch("train_discriminator", gan.generator_variables)
    watch("train_generator", gan.discriminator_variables)
    gan.fit(make_dataset().take(1), verbose=0)
    assert ran == ["train_discriminator"] * gan.discriminator_steps + ["train_generator"]


def test_saves_loads_and_continues_exactly(make_gan, tmp_path):
    gan = make_gan()
    gan.fit(make_dataset(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert type(loaded) is type(gan)
    for one in (gan, loaded):
        one.fit(make_dataset(), verbose=0)
    assert_same_state(gan, loaded)


def test_eager_and_graph_agree(make_gan):
    eager, graph = make_gan(run_eagerly=True), make_gan()
    graph.set_weights(eager.get_weights())
    copy_random_state(eager, graph)
    for gan in (eager, graph):
        gan.fit(make_dataset().take(2), verbose=0)
    for one, other in zip(eager.get_weights(), graph.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def copy_random_state(one, other):
    store = {}
    one.save_own_variables(store)
    other.load_own_variables({name: np.array(value) for name, value in store.items()})


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(make_gan, policy):
    keras.config.set_dtype_policy(policy)
    gan = make_gan()
    history = gan.fit(make_dataset(), verbose=0).history
    assert np.isfinite([*history.values()]).all()


def test_evaluates_held_out_data(make_gan):
    gan = make_gan()
    history = gan.fit(make_dataset(), validation_data=make_dataset(), verbose=0).history
    values = gan.evaluate(make_dataset(), verbose=0)
    assert {f"val_{name}" for name in values} == {n for n in history if n.startswith("val_")}
    assert set(values) <= set(history)
    assert np.isfinite([*values.values()]).all()


def test_generates_what_it_was_asked_for(make_gan, row):
    gan, asked = make_gan(), row[-1]
    images = gan.generate(**asked, seed=0)
    assert images.shape[0] == 3
    np.testing.assert_array_equal(images, gan.generate(**asked, seed=0))
