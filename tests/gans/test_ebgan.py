import keras
import numpy as np
import pytest
from helpers import make_autoencoders, make_dataset, make_images, make_networks

import gankit
from gankit.gans.ebgan import mean_squared_cosine


def make_ebgan(variant=gankit.EBGAN, **options):
    gan = variant(*make_autoencoders(), seed=0, **options)
    gan.compile()
    return gan


def test_a_score_is_how_well_an_image_is_repeated():
    gan, images = make_ebgan(), make_images(5)
    repeated, encodings = gan.discriminator.predict(images, verbose=0)
    energy = np.square(repeated - images).mean(axis=(1, 2, 3))
    batch = gan.discriminate(gankit.Batch(keras.ops.convert_to_tensor(images)))
    np.testing.assert_allclose(batch.scores, -energy[:, None], rtol=1e-5)
    np.testing.assert_allclose(batch.heads[0], encodings, rtol=1e-5)
    np.testing.assert_allclose(gan.score(images), -energy, rtol=1e-5)
    assert gan.generate_best(2, out_of=6, seed=0).shape == (2, 8, 8, 1)


def test_pulling_away_by_hand():
    # Cosines: 1 between the first two, 0 and 0.6 with the third; each pair stands twice of 6.
    encodings = np.array([[2.0, 0.0], [5.0, 0.0], [0.6, 0.8]], "float32")
    expected = 2 * (1 + 0.36 + 0.36) / 6
    np.testing.assert_allclose(mean_squared_cosine(encodings), expected, rtol=1e-5)
    np.testing.assert_allclose(mean_squared_cosine(np.eye(3, dtype="float32")), 0, atol=1e-6)
    same = np.ones((4, 2, 3), "float32")
    np.testing.assert_allclose(mean_squared_cosine(same), 1, rtol=1e-5)


def test_pulling_away_is_a_term_of_the_generator():
    history = make_ebgan(pulling_away=0.1).fit(make_dataset(), verbose=0).history
    assert 0 < history["generator_pulling_away"][0] <= 0.1
    assert "discriminator_pulling_away" not in history


def test_balance_moves_as_in_the_paper():
    gan = make_ebgan(gankit.BEGAN, diversity=0.5, balance_rate=0.1, generator_ema=None)
    energies = np.array([[0.4], [0.8]], "float32"), np.array([[0.1], [0.1]], "float32")
    real, fake = (gankit.Batch(None, scores=-energy) for energy in energies)
    gan.after_step(real, fake)
    np.testing.assert_allclose(gan.balance, 0.1 * (0.5 * 0.6 - 0.1), rtol=1e-5)
    logged = gan.step_metrics(real, fake)
    np.testing.assert_allclose(logged["convergence"], 0.6 + abs(0.5 * 0.6 - 0.1), rtol=1e-5)
    terms = gan.discriminator_losses(real, fake)
    np.testing.assert_allclose(terms["adversarial"], 0.6 - 0.02 * 0.1, rtol=1e-5)
    np.testing.assert_allclose(gan.generator_losses(real, fake)["adversarial"], 0.1, rtol=1e-5)
    gan.after_step(fake, real)  # generated images are far too costly: 0 is the least
    np.testing.assert_allclose(gan.balance, 0.0)


def test_balance_is_saved(tmp_path):
    gan = make_ebgan(gankit.BEGAN, balance_rate=0.1)
    gan.fit(make_dataset(), verbose=0)
    assert float(gan.balance) > 0
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert float(loaded.balance) == float(gan.balance)


def test_networks_that_do_not_fit():
    with pytest.raises(ValueError, match=r"first output must have the shape \(8, 8, 1\)"):
        gankit.EBGAN(*make_networks())
    generator, discriminator = make_autoencoders()
    without = keras.Model(discriminator.input, discriminator.outputs[0])
    with pytest.raises(ValueError, match="needs encodings"):
        gankit.EBGAN(generator, without, pulling_away=0.1)
    with pytest.raises(ValueError, match="diversity must lie in"):
        gankit.BEGAN(generator, discriminator, diversity=0)
