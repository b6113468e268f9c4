"""What regularizers cost, by hand, and that they go with any GAN."""

import functools

import contract
import keras
import numpy as np
import pytest
from helpers import (
    LATENT_DIM,
    NUM_CLASSES,
    fingerprint,
    make_dcgan_of_classes,
    make_gan,
    make_images,
    make_networks,
    make_networks_of_classes,
    make_plain_networks,
    make_translating_networks,
)
from keras import ops
from keras.optimizers import SGD

import gankit
from gankit import Batch, augment, data, losses
from gankit.regularizers import (
    APA,
    Consistency,
    FeatureMatching,
    LatentConsistency,
    LeCam,
    ModeSeeking,
    Term,
)

FAST = {"target": -0.99, "images_to_one": 40}  # changes at least one of four images after a step


def make_all():
    terms = [
        LeCam(),
        Consistency(),
        LatentConsistency(noise=0.05, every=2),
        ModeSeeking(),
        FeatureMatching(),
    ]
    return [*terms, APA(**FAST)]


def tensor(values):
    return ops.convert_to_tensor(np.array(values, "float32"))


def scored(*scores):
    return Batch(tensor(np.zeros((len(scores), 8, 8, 1))), scores=tensor(scores)[:, None])


# Each formula by hand


def test_scores_are_drawn_to_the_others_mean():
    lecam = LeCam(weight=0.5, decay=0.5)
    gan = make_gan(compile_options={"regularizers": [lecam]})
    judged = scored(4.0, 4.0), scored(-2.0, -2.0)
    gan.after_step(*judged)  # the means become 2 and -1
    terms = gan.penalty_losses(gan.phases["discriminator"], *judged)
    np.testing.assert_allclose(terms["lecam"], 0.5 * ((4 - -1) ** 2 + (-2 - 2) ** 2))
    assert gan.penalty_losses(gan.phases["generator"], *judged) == {}


class Score(keras.layers.Layer):
    """The first pixel of an image, times 10."""

    def call(self, images):
        return 10 * images[:, 0, 0]


def first_pixels():
    """Returns networks by hand: images repeat the first of two latents, scores the first pixel."""
    latents = keras.Input((2,), name="latents")
    column = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(latents)
    generator = keras.Model(latents, keras.layers.Reshape((2, 1, 1))(keras.ops.tile(column, 2)))
    images = keras.Input((2, 1, 1), name="images")
    return generator, keras.Model(images, Score()(images))


class AddOne(keras.layers.Layer):
    def call(self, images):
        return images + 1.0


class Plain(gankit.GAN):
    """A GAN whose terms can be asked for without a compiled one: ``Score`` has no weights."""

    def cost(self, regularizer, phase, real, fake):
        self.steps = 0
        regularizer.prepare(self)
        with self.step(training=True):
            return float(getattr(regularizer, f"{phase}_term")(self, real, fake))


def batch_of(*values):
    images = np.array(values, "float32").reshape(len(values), 1, 1, 1).repeat(2, axis=1)
    latents = np.array(values, "float32")[:, None] * [1.0, 0.0]
    return Batch(tensor(images), latents=tensor(latents), scores=tensor(10 * images[:, 0, 0]))


def test_changed_images_are_to_have_the_same_scores():
    gan, real, fake = Plain(*first_pixels(), seed=0), batch_of(0.0, 1.0), batch_of(3.0, 0.0)
    cost = gan.cost(Consistency(2.0, 0.5, change=AddOne()), "discriminator", real, fake)
    np.testing.assert_allclose(cost, (2.0 + 0.5) * 10**2)
    cost = gan.cost(Consistency(2.0, 0.0, change=AddOne()), "discriminator", real, fake)
    np.testing.assert_allclose(cost, 2.0 * 10**2)


def test_neighbours_have_the_same_scores_and_other_images(monkeypatch):
    monkeypatch.setattr(
        keras.random, "normal", lambda shape, **_: ops.ones([int(n) for n in shape])
    )
    gan, fake = Plain(*first_pixels(), seed=0), batch_of(3.0, 0.0)
    term = LatentConsistency(weight=2.0, spread_weight=0.5, noise=0.1)
    # Both latents move by 0.1, and so each pixel by 0.2, and scores by 2.
    np.testing.assert_allclose(gan.cost(term, "discriminator", fake, fake), 2.0 * 2**2, rtol=1e-5)
    np.testing.assert_allclose(gan.cost(term, "generator", fake, fake), -0.5 * 0.2**2, rtol=1e-5)


def test_images_are_to_differ_as_much_as_latents():
    gan, fake = Plain(*first_pixels(), seed=0), batch_of(3.0, 1.0)
    gan.sample_latents = lambda number, seed=None: tensor([[1.0, 0.0], [1.0, 1.0]])
    # Pixels differ by 2 and 1, latents by 2 and 0, and by 0 and 1, so by 1 and 1/2 on average.
    cost = gan.cost(ModeSeeking(3.0), "generator", fake, fake)
    np.testing.assert_allclose(cost, 3.0 / 2, rtol=1e-4)


def test_the_mean_features_are_those_of_real_images():
    images = keras.Input((2, 1, 1), name="images")
    features = keras.layers.Flatten(name="features")(images)
    discriminator = keras.Model(images, keras.layers.Dense(1)(features))
    gan = Plain(first_pixels()[0], discriminator, seed=0)
    real, fake = batch_of(1.0, 3.0), batch_of(5.0, 6.0)
    for layer in (None, "features"):
        cost = gan.cost(FeatureMatching(0.5, layer), "generator", real, fake)
        np.testing.assert_allclose(cost, 0.5 * (5.5 - 2) ** 2)
    with pytest.raises(ValueError, match=r"no layer 'feature'.* Did you mean 'features'"):
        gan.compile(regularizers=[FeatureMatching(layer="feature")])


def test_generated_images_are_put_among_the_real_ones():
    apa = APA(target=0.5, images_to_one=100)
    gan = make_gan(compile_options={"regularizers": [apa]})
    real, fake = (Batch(tensor(np.full((400, 8, 8, 1), value))) for value in (1.0, -1.0))
    kept, same = apa.pair(gan, real, fake)
    np.testing.assert_array_equal(kept.images, real.images)
    assert same is fake
    apa.probability.assign(0.3)
    mixed = np.array(apa.pair(gan, real, fake)[0].images)
    assert set(np.unique(mixed.mean(axis=(1, 2, 3)))) == {-1.0, 1.0}
    np.testing.assert_allclose((mixed == -1).mean(), 0.3, atol=0.07)
    # An encoder's latents go with their images.
    codes = [batch._replace(latents=batch.images[:, 0, 0]) for batch in (real, fake)]
    both = apa.pair(gan, *codes)[0]
    np.testing.assert_array_equal(both.latents, both.images[:, 0, 0])
    apa.after_step(gan, scored(*[1.0] * 10), scored(*[-1.0] * 10))
    np.testing.assert_allclose(apa.probability, 0.4)


# With any GAN

VARIANTS = {
    "GAN": (make_networks, {"augment": augment.Diffusion}),
    "GAN of classes": (make_dcgan_of_classes, {"augment": augment.ADA}),
    "ACGAN": (make_networks_of_classes, {"variant": gankit.ACGAN}),
}


def make_variant(name, **compile_options):
    networks, options = VARIANTS[name]
    chosen = dict(options)
    if "augment" in chosen:
        chosen["augment"] = chosen["augment"](**FAST)
    compiled = {"regularizers": make_all(), "loss": losses.TopK("hinge", share=falling())}
    return make_gan(networks, compiled | compile_options, generator_ema=0.9, **chosen)


@pytest.fixture(params=VARIANTS)
def make(request):
    return functools.partial(make_variant, request.param)


def falling():
    return keras.optimizers.schedules.ExponentialDecay(1.0, 2, 0.5)


def make_dataset(**options):
    labels = np.arange(40) % NUM_CLASSES
    return data.from_arrays(make_images(40), labels, batch_size=10, **options)


def test_trains_and_logs():
    gan = make_variant("GAN of classes")  # a graph, which takes longer to build than eager steps
    history = gan.fit(make_dataset(), verbose=0).history
    names = {"discriminator": ["lecam", "consistency"], "generator": ["mode_seeking"]}
    names["generator"].append("feature_matching")
    for phase, own in names.items():
        for name in [*own, "latent_consistency"]:
            assert np.isfinite(history[f"{phase}_{name}"]).all()
            assert history[f"{phase}_{name}"] != [0.0]
    *_, apa = gan.regularizers
    assert float(apa.probability) > 0.2


def test_phases_are_separate(make):
    contract.phases_are_separate(make(run_eagerly=True), make_dataset())


def test_saves_loads_and_continues_exactly(make, tmp_path):
    gan = make(run_eagerly=True)
    contract.saves_loads_and_continues_exactly(gan, make_dataset(), tmp_path)
    loaded = gankit.load(tmp_path / "gan.keras")
    assert list(map(type, loaded.regularizers)) == list(map(type, gan.regularizers))
    assert [one.every for one in loaded.regularizers[:3]] == [1, 1, 2]
    assert loaded.loss.share.decay_steps == 2
    assert float(loaded.regularizers[0].real_mean) != 0.0


def test_evaluate_changes_nothing(make):
    contract.evaluate_changes_nothing(make(run_eagerly=True), make_dataset())


def test_stopped_in_mid_epoch_equals_not_stopped(make, tmp_path):
    contract.stopped_in_mid_epoch_equals_not_stopped(make, make_dataset, tmp_path)


#: What three steps of a GAN of classes make, by the arguments of ``compile`` and ``GAN``: the
#: fingerprints of both networks on TensorFlow 2.21.
STEPS = {
    "all": ({}, {}, (4.488359, 0.775366)),
    "top-k and ADA": (
        {"regularizers": [], "loss": losses.TopK("relativistic", share=falling())},
        {"augment": lambda: augment.ADA([*augment.ada.GROUPS, "filter", "cutout"], **FAST)},
        (4.557139, 0.776822),
    ),
    "diffusion": (
        {"regularizers": []},
        {"augment": lambda: augment.Diffusion(**FAST)},
        (4.557246, 0.777324),
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_are_those_of_tensorflow(name, fixed_numbers):
    compiled, options, expected = STEPS[name]
    generator, discriminator = make_dcgan_of_classes()
    draw = np.random.default_rng(0)
    for weight in [*generator.weights, *discriminator.weights]:
        if len(weight.shape) > 1:
            weight.assign(draw.normal(size=weight.shape) * 0.1)
    options = {name: make() for name, make in options.items()}
    gan = gankit.GAN(generator, discriminator, seed=0, **options)
    gan.compile(
        *(SGD(0.001, momentum=0.5) for _ in range(2)),
        **{"regularizers": make_all()} | compiled,
        run_eagerly=keras.backend.backend() != "jax",
    )
    use_latents(gan, *np.random.default_rng(1).normal(size=(2, 10, LATENT_DIM)))
    images = make_images(30)
    gan.fit(images, np.arange(30) % NUM_CLASSES, batch_size=10, shuffle=False, verbose=0)
    found = [fingerprint(generator), fingerprint(discriminator)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def use_latents(gan, for_images, for_others):
    """Has images be made of some latents, and whatever else is made in a step of others."""
    make = gan.make

    def make_images(real):
        gan.sample_latents = lambda number, seed=None: tensor(for_images)
        made = make(real)
        gan.sample_latents = lambda number, seed=None: tensor(for_others)
        return made

    gan.make = make_images


def test_a_users_own():
    class Brightness(Term):
        default_name = "brightness"

        def generator_term(self, gan, real, fake):
            return gan.current(self.weight) * ops.mean(fake.images)

    gan = make_gan(make_plain_networks, {"regularizers": [Brightness(2.0), LeCam(name="mine")]})
    history = gan.fit(make_images(16), batch_size=8, verbose=0).history
    assert {"generator_brightness", "discriminator_mine"} <= set(history)


def test_bad_arguments():
    with pytest.raises(
        TypeError, match=r"list of instances of gankit.regularizers, .* got 'lecam'"
    ):
        make_gan(compile_options={"regularizers": ["lecam"]})
    with pytest.raises(ValueError, match="2 regularizers are called 'lecam'"):
        make_gan(compile_options={"regularizers": [LeCam(), LeCam()]})
    with pytest.raises(ValueError, match="ModeSeeking needs a generator with latents"):
        make_gan(make_translating_networks, {"regularizers": [ModeSeeking()]}, gankit.Pix2Pix)
    for make, message in (
        (lambda: LeCam(-1), "weight must be 0 or more"),
        (lambda: LeCam(decay=1), "decay must lie"),
        (lambda: ModeSeeking(every=0), "every must be"),
        (lambda: Consistency(fake_weight=-1), "fake_weight must be"),
        (lambda: LatentConsistency(noise=0), "noise must be positive"),
        (lambda: APA(target=1), "target must lie"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
