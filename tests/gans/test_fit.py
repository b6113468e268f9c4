"""What users of Keras expect of a model works on a GAN."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    LATENT_DIM,
    assert_same_state,
    make_dataset,
    make_gan,
    make_images,
    make_networks,
    make_plain_networks,
    values,
)

import gankit
from gankit import data

NAMES = {"discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy"}


def test_logs_are_epoch_averages():
    class Recording(gankit.GAN):
        def train_discriminator(self, real, fake):
            judged = super().train_discriminator(real, fake)
            self.steps.append(self.means.save()["discriminator_loss"][0])
            return judged

    gan = Recording(*make_networks(), seed=0)
    gan.compile(penalty=None, run_eagerly=True)
    gan.steps = []
    history = gan.fit(make_dataset(), epochs=2, verbose=0).history
    assert set(history) == NAMES
    for epoch in range(2):
        each = np.diff([0, *gan.steps[4 * epoch : 4 * epoch + 4]])
        assert (each > 0).all()
        np.testing.assert_allclose(history["discriminator_loss"][epoch], each.mean(), rtol=1e-5)


def test_the_shares_are_those_of_the_scores():
    gan = make_gan(make_plain_networks)
    real = gan.unpack(make_images(8))._replace(scores=np.array([1.0, -1, 2, 3]))
    fake = real._replace(scores=np.array([1.0, -1, 2, 3]))
    shares = gan.step_metrics(real, fake)
    assert (float(shares["real_accuracy"]), float(shares["fake_accuracy"])) == (0.75, 0.25)


@pytest.mark.parametrize(
    "options",
    [{"steps_per_execution": 3}, {"run_eagerly": True}, {"jit_compile": False}],
    ids=str,
)
def test_other_ways_to_run_make_the_same_updates(options):
    plain, other = make_gan(make_plain_networks), make_gan(make_plain_networks)
    other.compile(penalty=None, **options)
    other.set_weights(plain.get_weights())
    for gan in (plain, other):
        assert set(gan.fit(make_dataset(), epochs=2, verbose=0).history) == NAMES
    for one, another in zip(plain.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, another, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    gan = make_gan(generator_ema=0.9)
    wrapped = isinstance(gan.generator_optimizer, keras.optimizers.LossScaleOptimizer)
    assert wrapped == (policy == "mixed_float16")
    before = gan.get_weights()
    logs = gan.fit(make_dataset(), epochs=2, verbose=0).history
    assert np.isfinite(list(logs.values())).all()
    assert max(logs["discriminator_loss"]) < 5  # the unscaled loss: float16's scale is 32,768
    assert any(not np.array_equal(a, b) for a, b in zip(before, gan.get_weights(), strict=True))
    images = gan.generate(2)
    assert images.dtype == np.float32
    assert all(weight.dtype == "float32" for weight in gan.generator.trainable_weights)


def test_steps_are_counted_where_updates_are_left_out():
    keras.config.set_dtype_policy("mixed_float16")
    gan = make_gan()
    for optimizer in gan.optimizer.optimizers:
        optimizer.dynamic_scale.assign(2.0**120)  # every gradient overflows
    gan.fit(make_dataset(), verbose=0)
    assert int(gan.optimizer.iterations) < int(gan.steps_completed) == 4


def test_train_on_batch_with_numpy():
    gan = make_gan()
    logs = gan.train_on_batch(make_images(8), return_dict=True)
    assert set(logs) == NAMES
    assert gan.generator_optimizer.iterations == 1
    gan.train_on_batch(make_images(8).astype("float64"))


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # how Keras ends generators
def test_fit_takes_what_keras_takes():
    class Sequence(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return (make_images(8, seed=index),)

    def batches():
        for seed in range(3):
            yield (make_images(8, seed=seed),)

    gan = make_gan()
    gan.fit(make_images(24), batch_size=8, verbose=0)
    gan.fit(Sequence(), verbose=0)
    gan.fit(tf.data.Dataset.from_tensor_slices(make_images(24)).batch(8), verbose=0)
    assert gan.generator_optimizer.iterations == 9
    gan.fit(batches(), verbose=0)
    assert gan.generator_optimizer.iterations >= 12  # Keras 3.15 repeats the first batch


def test_looking_at_the_data_does_not_advance_it():
    seen = []
    dataset = make_dataset(seed=0)
    make_gan(compile_options={"run_eagerly": True}).fit(
        dataset.map(lambda x: tf.py_function(lambda y: seen.append(y.numpy()) or y, [x], x.dtype)),
        verbose=0,
    )
    in_order = list(data.from_arrays(make_images(32), batch_size=8, seed=0))
    # The look at the first batch, then all of epoch 0 from its beginning.
    np.testing.assert_array_equal(seen[-4:], in_order)


def test_learning_rate_scheduler_and_schedules():
    gan = make_gan()
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=[scheduler]).history
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        np.testing.assert_allclose(optimizer.learning_rate, 1.25e-4)
    rates = {name: values for name, values in history.items() if name.startswith("learning_rate")}
    assert set(rates) == {"learning_rate_generator", "learning_rate_discriminator"}
    np.testing.assert_allclose(list(rates.values()), [[2.5e-4, 1.25e-4]] * 2)

    decay = keras.optimizers.schedules.InverseTimeDecay(0.1, 1, 1.0)
    gan.compile(keras.optimizers.SGD(decay), keras.optimizers.SGD(0.1))
    gan.fit(make_dataset(), verbose=0)
    np.testing.assert_allclose(gan.generator_optimizer.learning_rate, 0.1 / 5, rtol=1e-5)


def test_csv_logger_and_model_checkpoint(tmp_path):
    gan = make_gan()
    gan.fit(
        make_dataset(),
        epochs=2,
        verbose=0,
        callbacks=[
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
            keras.callbacks.ModelCheckpoint(
                tmp_path / "last.keras", monitor="generator_loss", mode="min"
            ),
            keras.callbacks.ModelCheckpoint(
                tmp_path / "{epoch}.weights.h5", save_weights_only=True
            ),
        ],
    )
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert set(rows[0]) >= NAMES | {"epoch"}
    assert_same_state(gan, keras.models.load_model(tmp_path / "last.keras"))
    assert (tmp_path / "2.weights.h5").exists()


def test_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    callback = keras.callbacks.TensorBoard(tmp_path, update_freq=1)
    make_gan().fit(make_dataset(), epochs=2, verbose=0, callbacks=[callback])
    events = EventAccumulator(str(tmp_path / "train"), size_guidance={"tensors": 0})
    tags = events.Reload().Tags()["tensors"]
    assert {f"epoch_{name}" for name in NAMES} <= set(tags)
    assert "epoch_learning_rate_generator" in tags
    assert [event.step for event in events.Tensors("epoch_generator_loss")] == [0, 1]
    assert [event.step for event in events.Tensors("batch_generator_loss")][-1] >= 7


def test_early_stopping():
    stop = keras.callbacks.EarlyStopping("generator_loss", mode="min", min_delta=100, patience=1)
    gan = make_gan()
    assert len(gan.fit(make_dataset(), epochs=9, verbose=0, callbacks=[stop]).epoch) == 2


def test_each_epoch_of_repeated_data_is_another_pass():
    orders = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            orders.append([])

    def note(images):
        orders[-1].append(float(images[0, 0, 0, 0])) if orders else None
        return images

    dataset = make_dataset()
    passes = [[float(batch[0, 0, 0, 0]) for batch in dataset] for _ in range(3)]
    assert passes[0] != passes[1] != passes[2]

    class Noting(gankit.GAN):
        def train_discriminator(self, real, fake):
            note(real.images)
            return super().train_discriminator(real, fake)

    gan = Noting(*make_plain_networks())
    gan.compile(run_eagerly=True)
    repeated = make_dataset().repeat()
    gan.fit(repeated, epochs=3, steps_per_epoch=4, verbose=0, callbacks=[Watch()])
    assert orders == passes


def test_summary(capsys):
    make_gan(generator_ema=0.9).summary()
    assert "Trainable params" in capsys.readouterr().out


def test_callback_lists_and_metrics_of_a_variant():
    class Measuring(gankit.GAN):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.contrast = keras.metrics.Mean(name="contrast")

        def after_step(self, real, fake):
            super().after_step(real, fake)
            self.contrast.update_state(keras.ops.std(fake.images))

    gan = Measuring(*make_plain_networks())
    for _ in range(2):
        gan.compile(penalty=None)
    history = keras.callbacks.History()
    callbacks = keras.callbacks.CallbackList([history], model=gan)
    gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=callbacks)
    assert set(history.history) == NAMES | {"contrast"}
    assert gan.epochs_completed == 2


def test_epochs_are_counted():
    gan = make_gan()
    gan.fit(make_dataset(), epochs=2, verbose=0)
    gan.fit(make_dataset(), epochs=1, verbose=0)
    assert gan.epochs_completed == 3
    gan.fit(make_dataset(), epochs=8, initial_epoch=7, verbose=0)
    assert gan.epochs_completed == 8
    again = gan.fit(make_dataset(), epochs=4, initial_epoch=2, verbose=0)
    assert again.epoch == [2, 3]
    assert gan.epochs_completed == 4


def test_the_step_is_traced_once():
    class Counting(gankit.GAN):
        traces = 0

        def train_step(self, data):
            self.traces += 1
            return super().train_step(data)

    gan = Counting(*make_networks())
    gan.compile()
    gan.fit(make_dataset(), epochs=3, verbose=0)
    gan.fit(make_dataset(), epochs=1, verbose=0)
    assert gan.traces == 1


def test_optimizers_of_their_own_average_are_finalized():
    gan = make_gan()
    gan.compile(
        keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9), keras.optimizers.SGD(0.1)
    )
    gan.fit(make_dataset(), verbose=0)
    averages = gan.generator_optimizer._model_variables_moving_average
    for weight, average in zip(gan.generator.trainable_variables, averages, strict=True):
        np.testing.assert_array_equal(weight, average)


def test_images_of_uint8_are_scaled_in_the_step():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), dtype="uint8")
    gans = []
    for images in (pixels, pixels / np.float32(127.5) - 1):
        keras.utils.set_random_seed(0)
        gans.append(make_gan())
        gans[-1].fit(images, batch_size=4, verbose=0, shuffle=False)
    for one, other in zip(
        values(gans[0].discriminator), values(gans[1].discriminator), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(
        gans[0].score(pixels), gans[0].score(pixels / np.float32(127.5) - 1), atol=1e-6
    )


def test_compiled_again_goes_on_with_its_optimizers():
    keras.config.set_dtype_policy("mixed_float16")
    optimizers = [keras.optimizers.Adam() for _ in range(2)]
    gan = make_gan()
    for times in (1, 2):
        gan.compile(*optimizers, penalty=None)
        gan.fit(make_images(8), verbose=0)
        assert gan.generator_optimizer.inner_optimizer is optimizers[0]
        assert [int(one.step_counter) for one in gan.optimizer.optimizers] == [times] * 2
    with pytest.raises(ValueError, match="has trained other variables before"):
        make_gan().compile(*optimizers)


def test_a_compile_that_fails_changes_nothing():
    gan = gankit.GAN(*make_networks())
    gan.generator.trainable = False
    with pytest.raises(ValueError, match="The generator has no trainable variables"):
        gan.compile()
    assert not gan.compiled
    with pytest.raises(ValueError, match="Call compile"):
        gan.fit(make_images(8))


def make_generator_that_ends_in(activation):
    latents = keras.Input((LATENT_DIM,), name="latents")
    x = keras.layers.Dense(64, activation)(latents)
    return keras.Model(latents, keras.layers.Reshape((8, 8, 1))(x))


@pytest.mark.parametrize(
    ("activation", "value_range"), [("tanh", (-1, 1)), ("sigmoid", (0, 1)), (None, None)]
)
def test_the_range_of_the_data_follows_from_how_the_generator_ends(activation, value_range):
    generator = make_generator_that_ends_in(activation)
    gan = gankit.GAN(generator, make_plain_networks()[1], seed=0)
    assert gan.value_range == value_range
    gan.compile()
    images = make_images(8)
    if value_range == (0, 1):
        with pytest.raises(ValueError, match=r"must lie in \[0, 1\], but they reach from -"):
            gan.fit(images, verbose=0)
    else:
        gan.fit(images, verbose=0)
    if value_range is None:
        with pytest.warns(UserWarning, match="which trains badly"):
            gan.fit(images * 100, verbose=0)
