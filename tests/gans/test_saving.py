"""A GAN that is loaded goes on as if nothing had happened, bit for bit."""

import keras
import numpy as np
import pytest
from helpers import (
    all_state,
    assert_same_state,
    make_conditional_networks,
    make_dataset,
    make_gan,
    make_images,
    make_networks,
    make_plain_networks,
    run_python,
)

import gankit
from gankit import data, losses, priors

OPTIONS = [
    {},
    {"share_fakes": False, "latent_prior": "uniform"},
    {"discriminator_steps": 2, "generator_ema": 0.9},
    {"augment": True},
]


def make_full_gan(options):
    """A GAN with all that has random state: label noise, dropout, augmentation."""
    if options.get("augment"):
        options = options | {"augment": keras.layers.GaussianNoise(0.1)}
    loss = losses.NonSaturating(label_smoothing=0.1, label_noise=0.05)
    return make_gan(compile_options={"loss": loss}, **options)


@pytest.mark.parametrize("options", OPTIONS)
def test_same_seeds_same_run(options):
    runs = []
    for _ in range(2):
        keras.backend.clear_session()
        keras.utils.set_random_seed(3)
        gan = make_full_gan(options)
        gan.fit(make_dataset(), epochs=2, verbose=0)
        runs.append(all_state(gan))
    assert runs[0].keys() == runs[1].keys()
    for name in runs[0]:
        np.testing.assert_array_equal(runs[0][name], runs[1][name])


def test_another_seed_is_another_run():
    states = []
    for seed in (0, 1):
        keras.utils.set_random_seed(3)
        gan = make_gan(seed=seed)
        gan.fit(make_dataset(), verbose=0)
        states.append(gan.generator.get_weights()[0])
    assert not np.array_equal(*states)


@pytest.mark.parametrize("options", OPTIONS)
def test_continues_exactly(options, tmp_path):
    whole = make_full_gan(options)
    whole.save(tmp_path / "start.keras")
    part = keras.models.load_model(tmp_path / "start.keras")

    whole.fit(make_dataset(), epochs=4, verbose=0)
    part.fit(make_dataset(), epochs=2, verbose=0)
    part.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert_same_state(part, loaded)
    loaded.fit(make_dataset(), epochs=2, verbose=0)
    assert_same_state(whole, loaded)


def test_continues_exactly_with_initial_epoch(tmp_path):
    gan = make_full_gan({})
    gan.save(tmp_path / "start.keras")
    gan.fit(make_dataset(), epochs=4, verbose=0)
    loaded = keras.models.load_model(tmp_path / "start.keras")
    loaded.fit(make_dataset(), epochs=2, verbose=0)
    loaded.fit(make_dataset(), epochs=4, initial_epoch=2, verbose=0)
    assert_same_state(gan, loaded)


IN_ANOTHER_PROCESS = """
import keras, gankit
from helpers import make_dataset
gan = keras.models.load_model("gan.keras")
gan.fit(make_dataset(), epochs=2, verbose=0)
gan.save("continued.keras")
"""


def test_continues_exactly_in_another_process(tmp_path):
    gan = make_full_gan({"generator_ema": 0.9, "augment": True})
    gan.fit(make_dataset(), epochs=2, verbose=0)
    gan.save(tmp_path / "gan.keras")
    run_python(IN_ANOTHER_PROCESS, tmp_path)
    gan.fit(make_dataset(), epochs=2, verbose=0)
    assert_same_state(gan, keras.models.load_model(tmp_path / "continued.keras"))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_continues_exactly_in_mixed_precision(policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    gan = make_gan()
    gan.fit(make_dataset(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for one in (gan, loaded):
        one.fit(make_dataset(), verbose=0)
    assert_same_state(gan, loaded)


def test_weights_files_continue_too(tmp_path):
    gan = make_gan(generator_ema=0.9)
    gan.fit(make_dataset(), verbose=0)
    gan.save_weights(tmp_path / "gan.weights.h5")
    other = make_gan(generator_ema=0.9)
    other.load_weights(tmp_path / "gan.weights.h5")
    for one in (gan, other):
        one.fit(make_dataset(), verbose=0)
    assert_same_state(gan, other)


def test_configuration_round_trip():
    options = {
        "discriminator_steps": 2,
        "share_fakes": False,
        "generator_ema": 0.9,
        "seed": 5,
    }
    noise = keras.layers.GaussianNoise(0.1)
    gan = make_gan(augment=noise, latent_prior="uniform", **options)
    again = gankit.GAN.from_config(gan.get_config())
    for name, value in options.items():
        assert getattr(again, name) == value
    assert again.augment.stddev == 0.1
    assert type(again.latent_prior) is priors.Uniform
    assert again.generator.count_params() == gan.generator.count_params()

    again.compile_from_config(gan.get_compile_config())
    assert type(again.loss) is type(gan.loss)
    assert again.get_compile_config() == gan.get_compile_config()


def test_compile_arguments_are_kept(tmp_path):
    gan = make_gan(
        compile_options={
            "generator_optimizer": keras.optimizers.RMSprop(1e-3),
            "discriminator_optimizer": "sgd",
            "loss": losses.Minimax(label_smoothing=0.2),
            "steps_per_execution": 3,
        }
    )
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert isinstance(loaded.generator_optimizer, keras.optimizers.RMSprop)
    assert isinstance(loaded.discriminator_optimizer, keras.optimizers.SGD)
    assert loaded.loss.label_smoothing == 0.2
    assert loaded.steps_per_execution == 3


def test_an_uncompiled_gan_can_be_saved(tmp_path):
    gan = gankit.GAN(*make_plain_networks())
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.generate(2, seed=0), gan.generate(2, seed=0))


def test_both_optimizers_and_networks_are_in_the_file_once(tmp_path):
    gan = make_gan()
    assert gan._trainable_variables == []  # all weights that learn belong to the networks
    gan.fit(make_dataset(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    uncompiled = keras.models.load_model(tmp_path / "gan.keras", compile=False)
    np.testing.assert_array_equal(uncompiled.generate(2, seed=0), gan.generate(2, seed=0))
    for one, other in zip(gan.get_weights(), uncompiled.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def make_networks_with_noise_inside():
    generator, discriminator = make_networks()
    noisy = keras.layers.GaussianNoise(0.1)(generator.output)  # a random stream in the average
    return keras.Model(generator.input, noisy), discriminator


def test_averages_are_read_without_compiling(tmp_path):
    gan = make_gan(make_networks_with_noise_inside, generator_ema=0.9)
    gan.fit(make_dataset(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras", compile=False)
    assert not loaded.compiled
    other = gankit.GAN(*make_networks_with_noise_inside(), generator_ema=0.9)
    other.load_weights(tmp_path / "gan.keras")
    expected = gan.generate(2, seed=0)
    assert not np.array_equal(gan.generate(2, seed=0, ema=False), expected)
    for one in (loaded, other):
        np.testing.assert_array_equal(one.generate(2, seed=0), expected)
    loaded.compile(penalty=None)  # keeps the averages
    np.testing.assert_array_equal(loaded.generate(2, seed=0), expected)


def test_a_layer_that_is_frozen_stays_so(tmp_path):
    networks = make_networks()
    networks[1].layers[1].trainable = False
    gan = make_gan(lambda: networks)
    gan.fit(make_dataset(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for one in (gan, loaded):
        one.fit(make_dataset(), verbose=0)
    assert_same_state(gan, loaded)
    np.testing.assert_array_equal(
        loaded.discriminator.layers[1].kernel, networks[1].layers[1].kernel
    )


def test_continues_exactly_on_repeated_data(tmp_path):
    def fit(gan, epochs):
        gan.fit(make_dataset().repeat(), epochs=epochs, steps_per_epoch=4, verbose=0)

    whole = make_gan()
    whole.save(tmp_path / "start.keras")
    part = keras.models.load_model(tmp_path / "start.keras")
    fit(whole, 4)
    fit(part, 2)
    part.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    fit(loaded, 2)
    assert_same_state(whole, loaded)


class Interrupted(Exception):  # noqa: N818 (not an error of a user's)
    pass


def test_keras_s_backup_takes_up_an_interrupted_run(tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise Interrupted

    def fit(gan, *callbacks):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        gan.fit(make_dataset(), epochs=4, verbose=0, callbacks=[backup, *callbacks])

    whole = make_gan()
    whole.save(tmp_path / "start.keras")
    whole.fit(make_dataset(), epochs=4, verbose=0)
    with pytest.raises(Interrupted):
        fit(keras.models.load_model(tmp_path / "start.keras"), Interrupt())
    another = keras.models.load_model(tmp_path / "start.keras")
    fit(another)
    assert_same_state(whole, another)


def test_average_generator_and_one_pass_of_a_conditional_gan(tmp_path):
    gan = make_gan(make_conditional_networks, generator_ema=0.9, variant=gankit.OnePassGAN)
    dataset = data.from_arrays(make_images(32), np.arange(32) % 3, batch_size=8)
    gan.fit(dataset, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for one in (gan, loaded):
        one.fit(dataset, verbose=0)
    assert_same_state(gan, loaded)


def test_arguments_of_a_variant_can_t_be_lost(tmp_path):
    class Forgetful(gankit.GAN):
        def __init__(self, *args, strength=1.0, **kwargs):
            super().__init__(*args, **kwargs)

    with pytest.raises(
        NotImplementedError, match="takes 'strength', but Forgetful has no attribute"
    ):
        Forgetful(*make_plain_networks()).save(tmp_path / "gan.keras")

    class ForgetfulWGAN(gankit.WGAN):
        def __init__(self, *args, strength=1.0, **kwargs):
            super().__init__(*args, **kwargs)

    with pytest.raises(NotImplementedError, match="takes 'strength'"):
        ForgetfulWGAN(*make_plain_networks()).save(tmp_path / "gan.keras")

    class PassesAllOn(gankit.WGAN):
        def __init__(self, *networks, **options):
            super().__init__(*networks, **options)

    PassesAllOn(*make_plain_networks()).save(tmp_path / "gan.keras")


def test_validation_on_the_same_data_changes_no_order(tmp_path):
    whole, dataset = make_gan(), make_dataset()
    whole.save(tmp_path / "start.keras")
    whole.fit(make_dataset(), epochs=3, verbose=0)
    watched = keras.models.load_model(tmp_path / "start.keras")
    watched.fit(dataset, epochs=3, verbose=0, validation_data=dataset.take(2))
    for one, another in zip(whole.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(one, another)


def test_a_file_of_other_layers_says_so(tmp_path):
    make_gan().save_weights(tmp_path / "gan.weights.h5")
    other = make_gan(augment=keras.layers.GaussianNoise(0.1))
    with pytest.raises(ValueError, match="random number generators"):
        other.load_weights(tmp_path / "gan.weights.h5")


def test_conditional_networks(tmp_path):
    gan = make_gan(make_conditional_networks)
    labels = np.arange(32) % 3
    dataset = data.from_arrays(make_images(32), labels, batch_size=8)
    gan.fit(dataset, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    images = loaded.generate(condition=[0, 1, 2, 2], seed=1)
    np.testing.assert_array_equal(images, gan.generate(condition=[0, 1, 2, 2], seed=1))


# The README's promise: a variant is a few lines. Registered, so that a saved one can be loaded.
@keras.saving.register_keras_serializable(package="tests")
class BrightGAN(gankit.GAN):
    """Asks the generator for images of a given mean brightness."""

    def generator_losses(self, real, fake):
        brightness = keras.ops.mean(fake.images)
        terms = super().generator_losses(real, fake)
        return terms | {"brightness": keras.ops.square(brightness - 0.5)}


def test_a_variant_of_a_few_lines(tmp_path):
    gan = BrightGAN(*make_plain_networks(), seed=0)
    gan.compile(generator_optimizer=keras.optimizers.Adam(0.01), penalty=None)
    history = gan.fit(make_dataset(), epochs=10, verbose=0).history
    assert history["generator_brightness"][-1] < history["generator_brightness"][0] / 2
    np.testing.assert_allclose(
        np.add(history["generator_adversarial"], history["generator_brightness"]),
        history["generator_loss"],
        rtol=1e-5,
    )
    assert "discriminator_adversarial" not in history  # a lone term is the loss itself
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert type(loaded) is BrightGAN
    for one in (gan, loaded):
        one.fit(make_dataset(), verbose=0)
    assert_same_state(gan, loaded)
