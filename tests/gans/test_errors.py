"""Bad input gives one clear error, at the earliest moment, and loses nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    IMAGE_SHAPE,
    all_state,
    make_conditional_networks,
    make_dataset,
    make_gan,
    make_images,
    make_networks,
    make_plain_networks,
    make_translating_networks,
)

import gankit

IMAGES = make_images(8)


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        (IMAGES * 127.5 + 127.5, ValueError, r"\[-1, 1\], but they reach from .* to 25\d"),
        (IMAGES.astype("int32"), TypeError, "floats in .*or uint8, got int32"),
        (np.where(IMAGES > 0.99, np.nan, IMAGES), ValueError, "hold NaN or infinity"),
        (
            IMAGES[..., 0],
            ValueError,
            r"batches of shape \(8, 8, 8\).*takes images of shape \(8, 8, 1",
        ),
        (IMAGES.repeat(3, -1), ValueError, r"batches of shape \(8, 8, 8, 3\).*\(8, 8, 1\)"),
        (IMAGES[:, :4], ValueError, r"\(8, 4, 8, 1\)"),
        (np.moveaxis(IMAGES, -1, 1), ValueError, r"np\.moveaxis\(images, 1, -1\)"),
    ],
    ids=["0..255", "int32", "nan", "rank", "channels", "size", "channels first"],
)
def test_bad_data(batch, error, message):
    gan = make_gan()
    before = all_state(gan)
    for train in (
        lambda: gan.fit(tf.data.Dataset.from_tensors(batch), verbose=0),
        lambda: gan.fit(batch, verbose=0),
        lambda: gan.train_on_batch(batch),
    ):
        with pytest.raises(error, match=message):
            train()
    for name, value in all_state(gan).items():
        np.testing.assert_array_equal(value, before[name])
    gan.fit(make_dataset(), verbose=0)  # nothing is broken


def test_keras_own_utility_does_not_train_silently_into_nonsense(tmp_path):
    for number in range(4):
        keras.utils.save_img(tmp_path / f"{number}.png", make_images(1, (8, 8, 3))[0])
    dataset = keras.utils.image_dataset_from_directory(
        tmp_path, labels=None, image_size=(8, 8), color_mode="grayscale", verbose=False
    )
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\].*127.5"):
        make_gan().fit(dataset)


def test_networks_that_do_not_fit():
    generator, _ = make_networks()
    discriminator = gankit.architectures.dcgan.build_discriminator((16, 16, 3), filters=4)
    with pytest.raises(ValueError, match=r"makes images of shape \(8, 8, 1\).*\(16, 16, 3\)"):
        gankit.GAN(generator, discriminator)


def test_networks_that_are_none():
    generator, discriminator = make_networks()
    with pytest.raises(TypeError, match="generator must be a functional or sequential"):
        gankit.GAN(keras.layers.Dense(3), discriminator)
    with pytest.raises(TypeError, match="discriminator must be a functional or sequential"):
        gankit.GAN(generator, keras.Sequential([keras.layers.Dense(1)]))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"latent_prior": "gauss"}, ValueError, r"There is no prior 'gauss', there are"),
        ({"discriminator_steps": 0}, ValueError, "discriminator_steps must be an integer of at"),
        ({"generator_ema": -0.1}, ValueError, r"generator_ema must be None, a decay per step in"),
        ({"generator_ema": "a"}, ValueError, r"generator_ema must be None, a decay per step in"),
        ({"augment": lambda x: x}, TypeError, "augment must be None or a Keras layer"),
        ({"seed": 1.5}, TypeError, "seed must be an integer, got 1.5"),
        ({"generator_emma": 0.9}, (TypeError, ValueError), "generator_emma"),
    ],
)
def test_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        gankit.GAN(*make_networks(), **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"loss": "non_saturated"}, ValueError, "'hinge', 'least_squares'.*Did you mean 'non_sat"),
        ({"loss": 3}, TypeError, "loss must be one of the names"),
        (
            {"penalty": gankit.penalties.GradientPenalty},
            TypeError,
            "penalty must be one of the names",
        ),
        ({"metrics": ["accuracy"]}, TypeError, "takes no 'metrics'"),
        ({"loss_weights": [1, 2]}, TypeError, "takes no 'loss_weights'"),
        ({"optimizer": "adam"}, TypeError, "has two optimizers: pass generator_optimizer"),
        (
            {"generator_optimizer": "adam", "optimizers": {"generator": "sgd"}},
            ValueError,
            r"generator_optimizer and optimizers\['generator'\] are both given: leave one out",
        ),
    ],
)
def test_bad_compile(options, error, message):
    with pytest.raises(error, match=message):
        gankit.GAN(*make_networks()).compile(**options)


def test_networks_that_cannot_keep_their_phases_apart():
    generator, discriminator = make_networks()
    discriminator.trainable = False
    with pytest.raises(ValueError, match="discriminator has no trainable variables"):
        gankit.GAN(generator, discriminator).compile()

    shared = keras.layers.Conv2D(1, 3, padding="same")
    latents, images = keras.Input((64,)), keras.Input(IMAGE_SHAPE)
    generator = keras.Model(latents, shared(keras.layers.Reshape(IMAGE_SHAPE)(latents)))
    scores = keras.layers.Dense(1)(keras.layers.Flatten()(shared(images)))
    with pytest.raises(ValueError, match="the networks share a layer"):
        gankit.GAN(generator, keras.Model(images, scores)).compile()


def test_an_optimizer_of_another_gan():
    optimizer = keras.optimizers.Adam()
    gankit.GAN(*make_networks()).compile(optimizer)
    with pytest.raises(ValueError, match="has trained other variables before"):
        gankit.GAN(*make_networks()).compile(optimizer)


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ({"wide": keras.ops.ones((8, 1))}, r"'wide' must be a scalar, got shape \(8, 1\)"),
        ({"loss": keras.ops.ones(())}, "'loss' needs another name"),
    ],
)
def test_bad_terms(term, message):
    class Bad(gankit.GAN):
        def generator_losses(self, real, fake):
            return super().generator_losses(real, fake) | term

    gan = Bad(*make_plain_networks())
    gan.compile(run_eagerly=True)
    with pytest.raises(ValueError, match=message):
        gan.train_on_batch(IMAGES)


def test_losses_that_keras_would_forget():
    generator, _ = make_plain_networks()
    images = keras.Input(IMAGE_SHAPE)
    x = keras.layers.Dense(1, activity_regularizer="l2")(keras.layers.Flatten()(images))
    gan = make_gan(lambda: (generator, keras.Model(images, x)))
    with pytest.raises(ValueError, match="losses of its own other than weight decay"):
        gan.train_on_batch(IMAGES)


def test_one_optimizer_for_both():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="are the same object"):
        gankit.GAN(*make_networks()).compile(optimizer, optimizer)


def test_bad_fit():
    gan = make_gan()
    with pytest.raises(TypeError, match="takes no sample_weight"):
        gan.fit(IMAGES, sample_weight=np.ones(8))
    with pytest.raises(TypeError, match="takes no class_weight"):
        gan.fit(IMAGES, class_weight={0: 1.0})
    with pytest.raises(ValueError, match="compile"):
        gankit.GAN(*make_networks()).fit(IMAGES)
    with pytest.raises(ValueError, match="no batch"):
        gan.fit(tf.data.Dataset.from_tensors(IMAGES).take(0))
    weighted = tf.data.Dataset.from_tensors((IMAGES, np.zeros(8), np.ones(8)))
    with pytest.raises(TypeError, match="takes no sample_weight"):
        gan.fit(weighted)
    with pytest.raises(TypeError, match="Map it first"):
        gan.fit(tf.data.Dataset.from_tensors({"image": IMAGES, "label": np.zeros(8)}))
    with pytest.raises(ValueError, match="8 images, but its condition has 5 rows"):
        gan.train_on_batch(IMAGES, np.zeros(5, int))


def test_conditions_that_are_missing_or_bad():
    gan = make_gan(make_conditional_networks)
    with pytest.raises(ValueError, match="generator takes a condition, but the data holds images"):
        gan.fit(IMAGES, verbose=0)
    with pytest.raises(ValueError, match="Class labels must be 0 or more, got -1"):
        gan.fit(IMAGES, np.full(8, -1), verbose=0)
    with pytest.raises(ValueError, match=r"Class labels must be below 3.*got 3"):
        gan.fit(IMAGES, np.full(8, 3), verbose=0)
    with pytest.raises(ValueError, match=r"Class labels must be below 3.*got 7"):
        gan.generate(condition=[7])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (IMAGES * 127.5 + 127.5, r"\[-1, 1\], but they reach from .* to 25\d"),
        (
            IMAGES[:, :4],
            r"condition comes in batches of shape \(8, 4, 8, 1\).*generator takes \(8, 8, 1\)",
        ),
    ],
)
def test_given_images_are_looked_at_too(given, message):
    gan = gankit.Pix2Pix(*make_translating_networks())
    gan.compile()
    with pytest.raises(ValueError, match=message):
        gan.fit(IMAGES, given, verbose=0)


def test_conditions_of_another_type_or_shape():
    gan = gankit.Pix2Pix(*make_translating_networks())
    with pytest.raises(TypeError, match=r"floats in \[-1, 1\], or uint8, got int32"):
        gan.generate(condition=np.zeros((2, *IMAGE_SHAPE), "int32"))
    with pytest.raises(ValueError, match="but they reach from -200"):
        gan.generate(condition=np.full((2, *IMAGE_SHAPE), -200.0))
    with pytest.raises(ValueError, match=r"batches of shape \(8, 4, 8, 1\)"):
        gan.generate(condition=IMAGES[:, :4])
    gan = make_gan(make_conditional_networks)
    with pytest.raises(TypeError, match=r"Class labels must be integers.*got float64"):
        gan.generate(condition=[0.0, 1.5])
    with pytest.raises(TypeError, match=r"Class labels must be integers.*got float32"):
        gan.fit(IMAGES, np.full(8, 1.7, "float32"), verbose=0)
    with pytest.raises(ValueError, match="one-hot, pass labels"):
        gan.fit(IMAGES, np.eye(8, 3), verbose=0)
    with pytest.raises(ValueError, match="'images': 8, 'condition': 2"):
        gan.score(IMAGES, condition=[0, 1])


def test_images_that_look_as_if_in_another_range():
    gan, images = make_gan(), (IMAGES + 1) / 2  # in [0, 1]
    with pytest.warns(UserWarning, match=r"scale them to \[-1, 1\]: images \* 2 - 1"):
        gan.fit(images, batch_size=4, verbose=0)
    with pytest.warns(UserWarning, match="If 0 is black"):
        gankit.data.from_arrays(images, batch_size=4)
    gan.fit(gankit.data.from_arrays(images, batch_size=4, value_range=(0, 1)), verbose=0)


def test_terms_without_a_name():
    class Nameless(gankit.GAN):
        def generator_losses(self, real, fake):
            return keras.ops.mean(fake.scores)

    gan = Nameless(*make_plain_networks())
    gan.compile()
    with pytest.raises(TypeError, match=r"generator_losses must return a dict of named scalars"):
        gan.fit(IMAGES, verbose=0)


def test_phases_of_a_variant_that_are_not_whole():
    class WithCritic(gankit.GAN):
        def sides(self):
            return super().sides() | {"critic": self.critic}

    gan = WithCritic(*make_networks())
    gan.critic = make_networks()[1]
    with pytest.raises(
        TypeError, match=r"\{'critic': \[network\]\}, got an instance of Functional"
    ):
        gan.compile()
    gan.sides = lambda: gankit.GAN.sides(gan) | {"critic": [gan.critic]}
    with pytest.raises(TypeError, match=r"has no losses: define critic_losses\(self, real, fake\)"):
        gan.compile()


def test_who_trains_a_gan_that_cannot_be_saved_hears_of_it_before():
    class Hidden(gankit.losses.Hinge):
        def __init__(self, temperature):
            super().__init__()
            self._temperature = temperature

    gan = make_gan(compile_options={"loss": Hidden(2.0)})
    with pytest.warns(UserWarning, match=r"will train, but can't be saved: .*'temperature'"):
        gan.fit(make_dataset(8), verbose=0)


def test_latents_that_do_not_match():
    gan = make_gan()
    with pytest.raises(ValueError, match=r"shape \('num_images', 4\).*got \(2, 100\)"):
        gan.generate(latents=np.zeros((2, 100)))


def test_an_unlabelled_gan_takes_labelled_data():
    gan = make_gan(make_plain_networks)
    gan.fit(gankit.data.from_arrays(IMAGES, np.zeros(8, int), batch_size=4), verbose=0)
    assert gan.generate(1).shape == (1, *IMAGE_SHAPE)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_squashed_scores_are_refused(activation):
    images = keras.Input(IMAGE_SHAPE)
    scores = keras.layers.Dense(1, activation)(keras.layers.Flatten()(images))
    with pytest.raises(ValueError, match=f"ends in a {activation}.*activation=None"):
        gankit.GAN(make_plain_networks()[0], keras.Model(images, scores))
    scores = keras.layers.Activation(activation)(keras.layers.Dense(1)(scores))
    with pytest.raises(ValueError, match=f"ends in a {activation}"):
        gankit.GAN(make_plain_networks()[0], keras.Model(images, scores))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latent_dim": 100}, "takes no 'latent_dim': the generator's input says"),
        ({"n_critic": 5}, "discriminator_steps="),
    ],
)
def test_names_of_elsewhere_in_the_constructor(options, message):
    with pytest.raises(TypeError, match=message):
        gankit.GAN(*make_networks(), **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"d_optimizer": "adam"}, TypeError, "takes no 'd_optimizer': discriminator_optimizer="),
        ({"loss_fn": "bce"}, TypeError, "takes no 'loss_fn': loss="),
        ({"loss": "bce"}, ValueError, "'bce'.*non_saturating"),
        ({"loss": "wgan"}, ValueError, "'wgan'.*wasserstein"),
        ({"optimizers": {"encoder": "adam"}}, ValueError, "no phase 'encoder'"),
    ],
)
def test_names_of_elsewhere_in_compile(options, error, message):
    with pytest.raises(error, match=message):
        gankit.GAN(*make_networks()).compile(**options)
