import keras
import numpy as np
import pytest
from helpers import make_networks_of_a_table, make_transformer
from keras import ops

import gankit
from gankit import Batch, architectures, penalties

ROWS = np.arange(24, dtype="float32").reshape(4, 6)
GREEN = np.tile(np.array([0, 1, 0], "float32"), (4, 1))


def make_gan(discriminator=None, **options):
    generator, critic = make_networks_of_a_table()
    gan = gankit.CTGAN(generator, discriminator or critic, make_transformer(), seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


def test_the_critic_sees_packs_of_rows_with_their_conditions():
    gan = make_gan()
    shown = np.array(gan.shown(Batch(ops.array(ROWS), ops.array(GREEN))).images)
    assert gan.pac == 2
    np.testing.assert_array_equal(shown[0], [*ROWS[0], 0, 1, 0, *ROWS[1], 0, 1, 0])
    np.testing.assert_array_equal(shown[1], [*ROWS[2], 0, 1, 0, *ROWS[3], 0, 1, 0])
    assert gan.score(ROWS, GREEN).shape == (2,)
    with pytest.raises(ValueError, match="packs of 2 rows: a batch of 3"):
        gan.score(ROWS[:3], GREEN[:3])


def test_the_penalty_is_on_the_slope_by_a_whole_pack():
    packs = keras.Input((18,), name="images")
    critic = keras.Model(packs, keras.layers.Dense(1, kernel_initializer="ones")(packs))
    gan, real = make_gan(critic), Batch(ops.array(ROWS), ops.array(GREEN))
    cost = gan.gradient_penalty(penalties.GradientPenalty(10.0), real, real)
    np.testing.assert_allclose(ops.convert_to_numpy(cost), 10 * (np.sqrt(18) - 1) ** 2, rtol=1e-5)


def test_rows_pay_for_categories_that_were_not_asked_for():
    gan = make_gan(condition_weight=2.0)
    rows = np.array([[9, 9, 9, 0.5, 0.25, 0.25], [9, 9, 9, 0.0, 1.0, 0.0]] * 2, "float32")
    fake = Batch(ops.array(rows), ops.array(GREEN), scores=ops.array([[3.0], [1.0]]))
    terms = gan.generator_losses(None, fake)
    np.testing.assert_allclose(terms["condition"], 2 * (np.log(4) + 0) / 2, rtol=1e-5)
    np.testing.assert_allclose(terms["adversarial"], -2.0)


def test_categories_are_generated_as_often_as_they_occur():
    drawn = np.array(make_gan().sample_condition(num_images=20_000, seed=0))
    np.testing.assert_array_equal(drawn.sum(axis=1), 1)
    np.testing.assert_allclose(drawn.mean(axis=0), np.array([1, 3, 7]) / 11, atol=0.01)


def test_tables_come_with_names_and_follow_from_a_seed(tmp_path):
    pandas = pytest.importorskip("pandas")
    gan = make_gan()
    table = gan.generate_table(5, seed=0)
    assert list(table) == ["amount", "color"]
    assert set(table.color) <= {"blue", "green", "red"}
    pandas.testing.assert_frame_equal(table, gan.generate_table(5, seed=0))
    assert not table.equals(gan.generate_table(5, seed=1))
    gan.save(tmp_path / "table.keras")
    loaded = gankit.load(tmp_path / "table.keras")
    pandas.testing.assert_frame_equal(table, loaded.generate_table(5, seed=0))
    assert len(gan.generate_table(5, {"color": "red"}, seed=0)) == 5


def test_a_seed_settles_what_layers_draw_and_leaves_their_streams_as_they_were():
    gan = make_gan()
    layer = next(x for x in gan.averaged(gan.generator).layers if "gumbel" in x.name)
    before = np.array(layer.seed_generator.state)
    latents = np.zeros((3, 4), "float32")
    images = [gan.generate(latents=latents, condition=GREEN[0], seed=seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(images[0], images[1])
    assert (images[0] != images[2]).any()
    np.testing.assert_array_equal(layer.seed_generator.state, before)


def test_says_which_networks_do_not_fit():
    generator, critic = make_networks_of_a_table()
    other, ctgan = make_transformer(), architectures.ctgan
    unconditional = ctgan.build_generator(other.parts, latent_dim=4, hidden_units=(8,))
    with pytest.raises(ValueError, match="rows of 6 numbers, made from a condition of 3, but"):
        gankit.CTGAN(unconditional, critic, other)
    with pytest.raises(ValueError, match="have 9 numbers, but the critic takes 12"):
        gankit.CTGAN(generator, ctgan.build_discriminator(6, pac=2), other)


def test_networks_are_the_papers():
    parts = [("tanh", 1), ("softmax", 10), ("softmax", 2)]
    generator = architectures.ctgan.build_generator(parts, condition_dim=2)
    # (128 + 2) -> 256, and (130 + 256) -> 256, each with 4 x 256 of batch normalization
    hidden = (130 * 256 + 256 + 1024) + (386 * 256 + 256 + 1024)
    assert generator.count_params() == hidden + (386 + 256) * 13 + 13
    critic = architectures.ctgan.build_discriminator(13, 2)
    assert critic.count_params() == (150 * 256 + 256) + (256 * 256 + 256) + 257
    with pytest.raises(ValueError, match="'tanh' or 'softmax', got 'sigmoid'"):
        architectures.ctgan.build_generator([("sigmoid", 1)])
