"""What a trained GAN is used for: generate, generate_best, score, predict, export."""

import keras
import numpy as np
import pytest
from helpers import (
    IMAGE_SHAPE,
    LATENT_DIM,
    make_conditional_networks,
    make_gan,
    make_images,
    make_networks,
    make_networks_of_domains,
    make_plain_networks,
)

import gankit


def draw_latents(number):
    return np.random.default_rng(0).normal(size=(number, LATENT_DIM)).astype("float32")


def test_generate():
    gan = make_gan()
    images = gan.generate(5)
    assert (images.shape, images.dtype) == ((5, *IMAGE_SHAPE), np.float32)
    assert np.abs(images).max() <= 1
    assert isinstance(images, np.ndarray)
    assert not np.array_equal(images, gan.generate(5))
    np.testing.assert_array_equal(gan.generate(5, seed=1), gan.generate(5, seed=1))
    assert not np.array_equal(gan.generate(5, seed=1), gan.generate(5, seed=2))


def test_latent_dim():
    assert make_gan().latent_dim == LATENT_DIM
    assert make_gan(make_networks_of_domains, variant=gankit.StarGAN).latent_dim is None

    class OwnGAN(gankit.GAN):
        def __init__(self, *networks, latent_dim):
            super().__init__(*networks)
            self.latent_dim = latent_dim

    assert OwnGAN(*make_networks(), latent_dim=7).latent_dim == 7


def test_generate_from_latents_in_any_batch_size():
    gan, latents = make_gan(), draw_latents(7)
    images = gan.generate(latents=latents)
    np.testing.assert_allclose(images, gan.generator(latents), atol=1e-6)
    np.testing.assert_allclose(images, gan.generate(latents=latents, batch_size=2), atol=1e-6)


def test_latents_in_lists():
    gan = make_gan()
    latents = draw_latents(3)
    np.testing.assert_array_equal(
        gan.generate(latents=latents.tolist()), gan.generate(latents=latents)
    )


def make_networks_of_two_latents():
    inputs = [keras.Input((LATENT_DIM,), name=name) for name in ("latents_a", "latents_b")]
    x = keras.layers.Dense(64, "tanh")(keras.layers.concatenate(inputs))
    return keras.Model(inputs, keras.layers.Reshape(IMAGE_SHAPE)(x)), make_plain_networks()[1]


def test_several_latents_are_drawn_apart():
    gan = make_gan(make_networks_of_two_latents)
    drawn = gan.sample_latents(3, seed=5)
    assert not np.allclose(drawn["latents_a"], drawn["latents_b"])
    np.testing.assert_array_equal(gan.sample_latents(3, seed=5)["latents_b"], drawn["latents_b"])
    np.testing.assert_array_equal(gan.generate(3, seed=5), gan.generate(3, seed=5))
    with pytest.raises(ValueError, match=r"'latents': 3, 'latents\[1\]': 2"):
        gan.generate(latents=(draw_latents(3), draw_latents(2)))


def test_generate_does_not_disturb_training():
    images, states = make_images(8), []
    for generate in (False, True):
        keras.utils.set_random_seed(0)
        gan = make_gan()
        gan.train_on_batch(images)
        if generate:
            gan.generate(3)
            gan.generate_best(1, out_of=3)
        gan.train_on_batch(images)
        states.append(gan.generator.get_weights()[0])
    np.testing.assert_array_equal(*states)


def test_priors():
    uniform = make_gan(latent_prior="uniform").sample_latents(10_000, seed=0)
    assert -1 <= np.min(uniform) < -0.99 < 0.99 < np.max(uniform) <= 1
    np.testing.assert_allclose(np.std(uniform), 1 / np.sqrt(3), rtol=0.02)
    normal = np.array(make_gan().sample_latents(10_000, seed=0))
    np.testing.assert_allclose([normal.mean(), normal.std()], [0, 1], atol=0.02)
    assert normal.shape == (10_000, LATENT_DIM)


def test_latents_are_never_drawn_before_training():
    class Counting(gankit.GAN):
        runs = 0

        def sample_latents(self, num_images, seed=None):
            self.runs += 1
            return super().sample_latents(num_images, seed)

    gan = Counting(*make_networks(), discriminator_steps=2, share_fakes=False)
    gan.compile(run_eagerly=True)
    assert gan.runs == 0
    gan.train_on_batch(make_images(8))
    assert gan.runs == 3  # two discriminator steps, and fresh ones for the generator


def test_the_average_generator_makes_the_images():
    gan = make_gan(generator_ema=0.5)
    gan.train_on_batch(make_images(8))
    latents = draw_latents(3)
    averaged = gan.generate(latents=latents)
    np.testing.assert_allclose(averaged, gan.ema_generator(latents), atol=1e-6)
    np.testing.assert_allclose(gan.predict(latents, verbose=0), averaged, atol=1e-6)
    last = gan.generate(latents=latents, ema=False)
    np.testing.assert_allclose(last, gan.generator(latents), atol=1e-6)
    assert not np.allclose(averaged, last)


def test_generate_best_keeps_what_the_discriminator_prefers():
    gan = make_gan()
    gan.fit(make_images(32), verbose=0)
    candidates = gan.generate(40, seed=3)
    scores = np.array(gan.discriminator(candidates))[:, 0]
    best = gan.generate_best(4, out_of=40, seed=3)
    expected = candidates[np.argsort(scores)[::-1][:4]]
    np.testing.assert_allclose(best, expected, atol=1e-6)
    np.testing.assert_allclose(gan.score(candidates), scores, atol=1e-5)


def test_generate_best_with_a_condition_keeps_one_for_each_row():
    gan = make_gan(make_conditional_networks)
    best = gan.generate_best(3, out_of=30, condition=[2, 0, 1], seed=3)
    condition = np.repeat([2, 0, 1], 10)
    candidates = gan.generate(condition=condition, seed=3)
    scores = gan.score(candidates, condition).reshape(3, 10)
    expected = [candidates[10 * row + scores[row].argmax()] for row in range(3)]
    np.testing.assert_allclose(best, expected, atol=1e-6)


def test_one_row_of_a_condition_goes_to_all_images():
    gan = make_gan(make_conditional_networks)
    images = gan.generate(4, condition=[2] * 4, seed=0)
    for one in (2, np.int64(2), [2], [[2]]):
        np.testing.assert_array_equal(gan.generate(4, condition=one, seed=0), images)
    np.testing.assert_array_equal(
        gan.generate(condition=2, latents=draw_latents(3)),
        gan.generate(condition=[2] * 3, latents=draw_latents(3)),
    )
    assert gan.generate(condition=2).shape == (1, *IMAGE_SHAPE)
    np.testing.assert_array_equal(gan.score(images, 2), gan.score(images, [2] * 4))
    np.testing.assert_array_equal(
        gan.generate_best(2, 6, condition=1, seed=0),
        gan.generate_best(2, 6, condition=[1, 1], seed=0),
    )
    with pytest.raises(ValueError, match="numbers of images don't agree"):
        gan.generate(4, condition=[2, 1])


def test_one_image_of_a_condition_goes_to_all_images():
    gan = make_gan(make_networks_of_domains, variant=gankit.StarGAN)
    photos = make_images(3)
    translated = gan.generate(condition=(photos, 2))
    np.testing.assert_array_equal(translated, gan.generate(condition=(photos, [2, 2, 2])))
    variants = gan.generate(condition=(photos[0], [0, 1, 2]))
    same = np.stack([photos[0]] * 3)
    np.testing.assert_array_equal(variants, gan.generate(condition=(same, [0, 1, 2])))


def test_patch_scores_count_by_their_mean():
    generator, _ = make_plain_networks()
    images = keras.Input(IMAGE_SHAPE)
    discriminator = keras.Model(images, keras.layers.Conv2D(1, 3)(images))
    gan = make_gan(lambda: (generator, discriminator))
    logs = gan.train_on_batch(make_images(8), return_dict=True)
    assert 0 <= logs["real_accuracy"] <= 1
    real = make_images(5)
    expected = np.array(discriminator(real)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(gan.score(real), expected, rtol=1e-5, atol=1e-6)


def test_scores_of_a_list_of_images():
    gan, images = make_gan(), make_images(3)
    np.testing.assert_array_equal(gan.score(list(images)), gan.score(images))


def test_heads_go_beside_the_scores():
    class Watching(gankit.GAN):
        def discriminator_losses(self, real, fake):
            self.shapes = [tuple(head.shape) for head in (real.scores, *real.heads)]
            head = keras.ops.mean(real.heads[0])  # in a loss, or Keras warns of it
            return super().discriminator_losses(real, fake) | {"head": head}

    generator, _ = make_plain_networks()
    images = keras.Input(IMAGE_SHAPE)
    x = keras.layers.Flatten()(images)
    heads = [keras.layers.Dense(1)(x), keras.layers.Dense(3)(x)]
    gan = Watching(generator, keras.Model(images, heads))
    gan.compile(run_eagerly=True)
    gan.train_on_batch(make_images(8))
    assert gan.shapes == [(8, 1), (8, 3)]


def test_scores_of_a_dict_are_found_by_name():
    generator, _ = make_plain_networks()
    images = keras.Input(IMAGE_SHAPE)
    x = keras.layers.Flatten()(images)
    outputs = {"classes": keras.layers.Dense(5)(x), "scores": keras.layers.Dense(1)(x)}
    gan = make_gan(lambda: (generator, keras.Model(images, outputs)))
    scored = gan.discriminate(gan.unpack(make_images(3)))
    assert scored.scores.shape == (3, 1)
    assert [head.shape for head in scored.heads] == [(3, 5)]
    assert gan.score(make_images(3)).shape == (3,)


def test_conditions_of_several_parts_go_by_name():
    latents = keras.Input((LATENT_DIM,), name="latents")
    size = keras.Input((), dtype="int32", name="size")
    color = keras.Input((), dtype="int32", name="color")
    embedded = [
        keras.layers.Embedding(3, 64)(size),
        keras.layers.Embedding(10, 64)(color),
        keras.layers.Dense(64)(latents),
    ]
    images = keras.layers.Reshape(IMAGE_SHAPE)(keras.layers.add(embedded))
    generator = keras.Model([latents, size, color], images)
    gan = make_gan(lambda: (generator, make_plain_networks()[1]))
    z = draw_latents(2)
    by_name = gan.generate(latents=z, condition={"size": [0, 1], "color": [9, 8]})
    by_order = gan.generate(latents=z, condition=(np.array([0, 1]), np.array([9, 8])))
    np.testing.assert_array_equal(by_name, by_order)
    np.testing.assert_allclose(by_name, generator([z, np.array([0, 1]), np.array([9, 8])]), 1e-5)
    with pytest.raises(ValueError, match=r"\['color'\]. It holds \['colour', 'size'\]"):
        gan.generate(condition={"size": [0, 1], "colour": [9, 8]})


@pytest.mark.parametrize("base", [gankit.GAN, gankit.OnePassGAN])
def test_a_variant_can_invent_its_condition(base):
    class Inventing(base):
        def needs_condition(self):
            return False

        def sample_condition(self, real=None, num_images=None, seed=None):
            number = num_images if real is None else keras.ops.shape(real.images)[0]
            seed = self.training_seed if seed is None else seed
            return keras.random.randint((number,), 0, 3, seed=seed)

        def generator_losses(self, real, fake):
            code = keras.ops.mean(keras.ops.cast(fake.condition, "float32"))
            return super().generator_losses(real, fake) | {"code": 0.0 * code}

        def discriminator_losses(self, real, fake):
            assert fake.condition is not None
            return super().discriminator_losses(real, fake)

    gan = Inventing(make_conditional_networks()[0], make_plain_networks()[1])
    gan.compile()
    assert "generator_code" in gan.fit(make_images(16), batch_size=8, verbose=0).history
    assert gan.generate(3).shape == (3, *IMAGE_SHAPE)


def test_the_best_of_invented_conditions_are_scored_with_them():
    class Inventing(gankit.GAN):
        def sample_condition(self, real=None, num_images=None, seed=None):
            return keras.random.randint((num_images,), 0, 3, seed=seed)

    gan = Inventing(*make_conditional_networks())
    best = gan.generate_best(2, out_of=6, seed=0)
    stream = keras.random.SeedGenerator(0)
    latents = gan.sample_latents(6, seed=stream)
    condition = np.asarray(gan.sample_condition(num_images=6, seed=stream))
    images = gan.generate(latents=latents, condition=condition)
    order = np.argsort(-gan.score(images, condition))
    np.testing.assert_array_equal(best, images[order[:2]])


@keras.saving.register_keras_serializable(package="tests")
class Halving(keras.Model):
    """A functional model with a call of its own."""

    def call(self, inputs, training=None, mask=None):
        return 0.5 * super().call(inputs, training=training)


def test_the_average_of_a_functional_subclass_calls_as_it_does():
    latents = keras.Input((LATENT_DIM,))
    x = keras.layers.Reshape(IMAGE_SHAPE)(keras.layers.Dense(64)(latents))
    gan = make_gan(lambda: (Halving(latents, x), make_plain_networks()[1]), generator_ema=0.9)
    z = draw_latents(2)
    np.testing.assert_allclose(gan.ema_generator(z), gan.generator(z), atol=1e-6)


def test_conditions_reach_both_networks():
    gan = make_gan(make_conditional_networks)
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    gan.train_on_batch(make_images(8), labels[:, None])
    latents = np.repeat(draw_latents(1), 3, axis=0)
    images = gan.generate(latents=latents, condition=[0, 1, 2])
    assert len(np.unique(images.reshape(3, -1), axis=0)) == 3
    images = gan.generate(condition=[1, 1])
    assert images.shape == (2, *IMAGE_SHAPE)


def test_unnamed_inputs_are_matched_by_order():
    generator, discriminator = make_plain_networks()
    sequential = keras.Sequential([keras.Input((LATENT_DIM,)), generator])
    gan = make_gan(lambda: (sequential, discriminator))
    assert gan.generate(2).shape == (2, *IMAGE_SHAPE)


def test_a_generator_without_latents_gets_none():
    condition = keras.Input(IMAGE_SHAPE, name="condition")
    generator = keras.Model(condition, keras.layers.Conv2D(1, 3, padding="same")(condition))
    images, condition = keras.Input(IMAGE_SHAPE), keras.Input(IMAGE_SHAPE, name="condition")
    x = keras.layers.Flatten()(keras.layers.concatenate([images, condition]))
    gan = make_gan(lambda: (generator, keras.Model([images, condition], keras.layers.Dense(1)(x))))
    assert gan.sample_latents(3) is None
    gan.train_on_batch(make_images(8), make_images(8, seed=1))
    assert gan.generate(condition=make_images(3)).shape == (3, *IMAGE_SHAPE)


def test_predict_serves_the_generator():
    gan, latents = make_gan(), draw_latents(3)
    expected = gan.generate(latents=latents)
    np.testing.assert_allclose(gan.predict(latents, verbose=0), expected, atol=1e-6)
    np.testing.assert_allclose(gan(latents), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda gan: gan.generate(), "Say how many images"),
        (lambda gan: gan.generate(0), "num_images must be an integer of at least 1, got 0"),
        (lambda gan: gan.generate(latents=np.zeros((2, 9))), r"\('num_images', 4\).*\(2, 9\)"),
        (lambda gan: gan.generate(3, latents=np.zeros((2, 4))), "'num_images': 3, 'latents': 2"),
        (lambda gan: gan.generate(condition=(7, 7)), "takes no condition"),
        (lambda gan: gan.generate_best(2, out_of=8.0), "out_of must be an integer"),
        (lambda gan: gan.score(np.full((2, 8, 8, 1), 255.0)), r"must lie in \[-1, 1\]"),
        (lambda gan: gan.score(np.zeros((2, 8, 8, 1)), batch_size=0), "batch_size must be an"),
        (lambda gan: gan.generate(3, seed=-1), "seed must be 0 or more"),
        (lambda gan: gan.generate_best(5, out_of=4), "out_of=4 must be at least num_images=5"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(ValueError, match=message):
        call(make_gan())


def test_bad_calls_of_a_conditional_gan():
    gan = make_gan(make_conditional_networks)
    with pytest.raises(ValueError, match="takes a condition, a row for each image"):
        gan.generate(3)
    with pytest.raises(ValueError, match="out_of=10 must be a multiple of num_images=3"):
        gan.generate_best(3, out_of=10, condition=[0, 1, 2])


def test_the_average_of_a_network_with_a_function_of_python():
    latents = keras.Input((LATENT_DIM,))
    x = keras.layers.Lambda(lambda x: 2 * x)(keras.layers.Dense(64)(latents))
    generator = keras.Model(latents, keras.layers.Reshape(IMAGE_SHAPE)(x))
    gan = gankit.GAN(generator, make_plain_networks()[1])
    gan.compile()
    z = draw_latents(2)
    np.testing.assert_allclose(gan.ema_generator(z), generator(z), atol=1e-6)
    assert not {id(weight) for weight in gan.ema_generator.weights} & set(
        map(id, generator.weights)
    )
