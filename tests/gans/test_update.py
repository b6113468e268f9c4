"""The update is right: it equals the loops that people write by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import LATENT_DIM, make_gan, make_images, make_networks, make_plain_networks, values

import gankit
from gankit import losses, penalties

STEPS, BATCH = 3, 6


class WithGivenLatents(gankit.GAN):
    """Takes its latents from a list, one entry for each run of the generator."""

    def sample_latents(self, num_images, seed=None):
        return self.given.pop(0)


def sgd():
    return keras.optimizers.SGD(0.05, momentum=0.9)


class InOnePass(gankit.OnePassGAN, WithGivenLatents):
    """The same, with one pass of the discriminator."""


def train(networks, images, latents, variant=WithGivenLatents, **options):
    gan = variant(*networks, **options)
    gan.compile(sgd(), sgd(), penalty=None, run_eagerly=True)
    gan.given = list(latents)
    steps = gan.discriminator_steps
    for step in range(STEPS):
        gan.train_on_batch(images[step * BATCH * steps : (step + 1) * BATCH * steps])
    assert not gan.given, "the generator ran less often than expected"
    return gan


def draw_latents(runs, number=BATCH):
    random = np.random.default_rng(1)
    return [random.normal(size=(number, LATENT_DIM)).astype("float32") for _ in range(runs)]


def copy(networks):
    copies = [keras.models.clone_model(network) for network in networks]
    for one, other in zip(copies, networks, strict=True):
        one.set_weights(other.get_weights())
    return copies


def classic_loop(generator, discriminator, images, latents):
    """One train_on_batch on real and fake concatenated, then one through the frozen network."""
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(sgd(), bce)
    z = keras.Input((LATENT_DIM,))
    combined = keras.Model(z, discriminator(generator(z)))
    combined.compile(sgd(), bce)
    ones, zeros = np.ones((BATCH, 1)), np.zeros((BATCH, 1))
    latents = iter(latents)
    for step in range(STEPS):
        real = images[step * BATCH : (step + 1) * BATCH]
        fake = np.array(generator(next(latents)))
        discriminator.trainable = True
        discriminator.train_on_batch(np.concatenate([real, fake]), np.concatenate([ones, zeros]))
        discriminator.trainable = False
        combined.train_on_batch(next(latents), ones)
    discriminator.trainable = True


def tape_loop(generator, discriminator, images, latents):
    """The generator runs once; the updated discriminator scores the same fakes again."""
    generator_optimizer, discriminator_optimizer = sgd(), sgd()
    bce = tf.nn.sigmoid_cross_entropy_with_logits
    for step in range(STEPS):
        real = images[step * BATCH : (step + 1) * BATCH]
        with tf.GradientTape() as generator_tape:
            fake = generator(latents[step], training=True)
            with generator_tape.stop_recording(), tf.GradientTape() as discriminator_tape:
                on_real, on_fake = discriminator(real), discriminator(tf.stop_gradient(fake))
                cost = tf.reduce_mean(bce(tf.ones_like(on_real), on_real)) / 2
                cost += tf.reduce_mean(bce(tf.zeros_like(on_fake), on_fake)) / 2
            variables = discriminator.trainable_variables
            with generator_tape.stop_recording():
                gradients = discriminator_tape.gradient(cost, variables)
                discriminator_optimizer.apply_gradients(zip(gradients, variables, strict=True))
            on_fake = discriminator(fake)
            cost = tf.reduce_mean(bce(tf.ones_like(on_fake), on_fake))
        variables = generator.trainable_variables
        gradients = generator_tape.gradient(cost, variables)
        generator_optimizer.apply_gradients(zip(gradients, variables, strict=True))


@pytest.mark.parametrize("variant", [WithGivenLatents, InOnePass])
def test_fresh_fakes_equal_the_classic_loop(variant):
    networks, images = make_plain_networks(), make_images(STEPS * BATCH)
    by_hand, latents = copy(networks), draw_latents(2 * STEPS)
    gan = train(networks, images, latents, variant, share_fakes=False)
    classic_loop(*by_hand, images, latents)
    assert_same_weights(gan, by_hand)


def test_shared_fakes_equal_a_tape_loop():
    networks, images = make_plain_networks(), make_images(STEPS * BATCH)
    by_hand, latents = copy(networks), draw_latents(STEPS)
    gan = train(networks, images, latents, share_fakes=True)
    tape_loop(*by_hand, images, latents)
    assert_same_weights(gan, by_hand)


def assert_same_weights(gan, by_hand):
    for network, expected in zip((gan.generator, gan.discriminator), by_hand, strict=True):
        for weight, other in zip(network.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_allclose(weight, other, atol=1e-5, rtol=0)


@pytest.mark.parametrize("share_fakes", [False, True])
def test_each_phase_leaves_the_other_network_alone(share_fakes):
    gan = make_gan(share_fakes=share_fakes)
    changed = []

    def watch(phase, own, other):
        update = getattr(gan, phase)

        def watched(*arguments):
            own_before, other_before = values(own), values(other)
            result = update(*arguments)
            for before, after in zip(other_before, values(other), strict=True):
                np.testing.assert_array_equal(before, after)
            changed.append(
                all(not np.array_equal(a, b) for a, b in zip(own_before, values(own), strict=True))
            )
            return result

        setattr(gan, phase, watched)

    watch("train_discriminator", gan.discriminator, gan.generator)
    watch("train_generator", gan.generator, gan.discriminator)
    gan.run_eagerly = True
    gan.train_on_batch(make_images(8))
    assert changed == [True, True]


def test_each_discriminator_step_sees_other_real_images():
    class Watching(gankit.GAN):
        def train_discriminator(self, real, fake):
            self.seen.append(np.array(real.images))
            return super().train_discriminator(real, fake)

    images = make_images(6)
    gan = Watching(*make_networks(), discriminator_steps=3)
    gan.compile(run_eagerly=True)
    gan.seen = []
    gan.train_on_batch(images)
    assert len(gan.seen) == 3
    for step, seen in enumerate(gan.seen):
        np.testing.assert_array_equal(seen, images[step::3])
    assert gan.discriminator_optimizer.iterations == 3
    assert gan.generator_optimizer.iterations == 1


def test_the_last_sub_batch_and_its_fakes_go_on_to_the_generator():
    class Watching(gankit.GAN):
        def train_generator(self, name, real, fake, pull_back):
            self.generator_saw = (np.array(real.images), np.array(fake.images))
            super().train_generator(name, real, fake, pull_back)

        def train_discriminator(self, real, fake):
            self.discriminator_saw = (np.array(real.images), np.array(fake.images))
            return super().train_discriminator(real, fake)

    gan = Watching(*make_networks(), discriminator_steps=2)
    gan.compile(run_eagerly=True)
    gan.train_on_batch(make_images(6))
    np.testing.assert_array_equal(gan.generator_saw, gan.discriminator_saw)


def test_discriminator_steps_must_divide_the_batch():
    gan = make_gan(discriminator_steps=3)
    with pytest.raises(ValueError, match=r"discriminator_steps=3 must divide.*has 8 images"):
        gan.train_on_batch(make_images(8))


@pytest.mark.parametrize(
    ("generator_ema", "decays"),
    [
        (0.15, [0.1, 0.15, 0.15]),  # a decay per step, which warms up: 1/10, 2/11, 3/12
        (8, [0.1, 2 / 11, 0.25]),  # a half-life of 8 images: 0.5 at a batch of 8
        (2, [0.0625, 0.0625, 0.0625]),  # four half-lives a batch
    ],
)
def test_ema_follows_each_update_of_the_generator(generator_ema, decays):
    gan = make_gan(generator_ema=generator_ema)
    expected = [np.array(w) for w in gan.generator.weights]
    for step, decay in enumerate(decays):
        gan.train_on_batch(make_images(8, seed=step))
        expected = [
            decay * average + (1 - decay) * np.array(weight)
            if weight.trainable
            else np.array(weight)
            for average, weight in zip(expected, gan.generator.weights, strict=True)
        ]
    for average, value in zip(gan.ema_generator.weights, expected, strict=True):
        np.testing.assert_allclose(average, value, atol=1e-6)


class WithGeneratorsInAList(gankit.GAN):
    def __init__(self, generator, discriminator, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.others = [make_plain_networks()[0], keras.models.clone_model(generator)]
        for other in self.others:
            other.name = "generator"

    def sides(self):
        return super().sides() | {"generator": [self.generator, *self.others]}

    def generator_losses(self, real, fake):
        images = [self.run(other, fake.latents) for other in self.others]
        return super().generator_losses(real, fake) | {"others": sum(map(keras.ops.mean, images))}


def test_each_network_in_a_list_has_an_average_of_its_own():
    gan = make_gan(variant=WithGeneratorsInAList, generator_ema=0.1)
    gan.train_on_batch(make_images(8))
    averages = [gan.averaged(network) for network in gan.generator_networks()]
    assert averages == [gan.ema_generator, gan.ema_generator_1, gan.ema_generator_2]
    for average, network in zip(averages, gan.generator_networks(), strict=True):
        assert values(average) == []
        assert [w.shape for w in average.weights] == [w.shape for w in network.weights]
    assert gan.averaged(gan.discriminator) is gan.discriminator


def test_what_a_gan_is_by_default():
    gan = gankit.GAN(*make_plain_networks())
    gan.compile()
    assert gan.generator_ema == 10_000
    assert gan.averaged(gan.generator) is gan.ema_generator
    assert (type(gan.penalty), gan.penalty.weight, gan.penalty.every) == (penalties.R1, 0.1, 8)
    for optimizer in gan.optimizer.optimizers:
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.99)
        assert float(optimizer.learning_rate) == pytest.approx(5e-4)
    gan.compile(penalty=None)
    assert gan.penalty is None
    gan.compile_from_config(gan.get_compile_config())
    assert gan.penalty is None


def test_one_pass_gives_batch_normalization_both():
    means = {}
    for variant in (WithGivenLatents, InOnePass):
        keras.utils.set_random_seed(0)
        generator, _ = make_plain_networks()
        images = keras.Input((8, 8, 1))
        x = keras.layers.BatchNormalization(momentum=0.0, name="bn")(images)
        discriminator = keras.Model(images, keras.layers.Dense(1)(keras.layers.Flatten()(x)))
        gan = variant(generator, discriminator)
        gan.compile(run_eagerly=True)
        gan.given, real = draw_latents(1), np.full((BATCH, 8, 8, 1), 0.5, "float32")
        fake = np.array(generator(gan.given[0]))
        with gan.step(training=True):
            gan.discriminate_pair(*gan.make(gan.unpack(real)))
        means[variant] = float(discriminator.get_layer("bn").moving_mean[0])
    np.testing.assert_allclose(means[InOnePass], (0.5 + fake.mean()) / 2, atol=1e-6)
    np.testing.assert_allclose(means[WithGivenLatents], fake.mean(), atol=1e-6)


class FromTheEnd(losses.Loss):
    """A relativistic loss, the only kind that looks at real scores in the generator's phase."""

    needs_real = True

    def discriminator(self, real_scores, fake_scores, seed=None):
        return keras.ops.softplus(fake_scores - real_scores)

    def generator(self, fake_scores, real_scores=None):
        return keras.ops.softplus(real_scores - fake_scores)


def test_a_loss_that_needs_real_scores_gets_them():
    logs = make_gan(compile_options={"loss": FromTheEnd()}).train_on_batch(
        make_images(8), return_dict=True
    )
    assert set(logs) == {
        "discriminator_loss",
        "generator_loss",
        "real_accuracy",
        "fake_accuracy",
    }
    assert np.isfinite(list(logs.values())).all()


def test_weight_decay_of_a_network_is_a_term_of_its_phase():
    generator, _ = make_plain_networks()
    images = keras.Input((8, 8, 1))
    dense = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5))
    discriminator = keras.Model(images, dense(keras.layers.Flatten()(images)))
    gan = make_gan(lambda: (generator, discriminator))
    expected = 0.5 * np.sum(np.square(np.array(dense.kernel)))
    logs = gan.train_on_batch(make_images(8), return_dict=True)
    np.testing.assert_allclose(logs["discriminator_regularization"], expected, rtol=1e-5)
    total = logs["discriminator_adversarial"] + logs["discriminator_regularization"]
    np.testing.assert_allclose(logs["discriminator_loss"], total, rtol=1e-5)
    assert "generator_regularization" not in logs


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_an_update_can_depend_on_a_condition(run_eagerly):
    class Choosy(gankit.GAN):
        def may_update(self, phase):
            return self.phases[phase].optimizer.iterations < 1

    gan = Choosy(*make_networks())
    gan.compile(run_eagerly=run_eagerly)
    gan.train_on_batch(make_images(8))
    before = values(gan.generator)
    gan.train_on_batch(make_images(8))
    assert gan.generator_optimizer.iterations == 1
    for one, other in zip(before, values(gan.generator), strict=True):
        np.testing.assert_array_equal(one, other)
