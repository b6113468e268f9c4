import keras
import numpy as np
import pytest
from helpers import make_dataset, make_images, make_networks, make_plain_networks

import gankit
from gankit.penalties import squared_slopes


def test_weights_stay_within_the_clip_after_each_step(tmp_path):
    gan = gankit.WGAN(*make_networks(), clip=0.02, discriminator_steps=2)
    gan.compile(discriminator_optimizer=keras.optimizers.SGD(1.0))
    for _ in range(3):
        gan.train_on_batch(make_images(8))
        largest = max(np.abs(np.array(v)).max() for v in gan.discriminator.trainable_variables)
        np.testing.assert_allclose(largest, 0.02, rtol=1e-6)
    assert max(np.abs(np.array(v)).max() for v in gan.generator.trainable_variables) > 0.02
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.clip == 0.02
    loaded.train_on_batch(make_images(8))
    assert (
        max(np.abs(np.array(v)).max() for v in loaded.discriminator.trainable_variables)
        <= 0.02 + 1e-8
    )


def test_defaults_are_the_papers():
    gan = gankit.WGAN(*make_plain_networks())
    gan.compile()
    assert (gan.clip, gan.discriminator_steps) == (0.01, 5)
    assert isinstance(gan.loss, gankit.losses.Wasserstein)
    for optimizer in gan.optimizer.optimizers:
        assert isinstance(optimizer, keras.optimizers.RMSprop)
        np.testing.assert_allclose(optimizer.learning_rate, 5e-5)

    gan = gankit.WGANGP(*make_plain_networks())
    gan.compile()
    assert (gan.penalty.weight, gan.discriminator_steps) == (10.0, 5)
    assert isinstance(gan.loss, gankit.losses.Wasserstein)
    for optimizer in gan.optimizer.optimizers:
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.9)


def test_the_penalty_pulls_the_slope_to_1():
    generator, critic = make_plain_networks()
    critic.set_weights([3 * weight for weight in critic.get_weights()])
    gan = gankit.WGANGP(generator, critic, seed=0)
    adam = [keras.optimizers.Adam(5e-3, beta_1=0.0, beta_2=0.9) for _ in range(2)]
    gan.compile(*adam)

    def mean_slope():
        real, fake = make_images(64), gan.generate(64, seed=0)
        between = keras.ops.convert_to_tensor((real + fake) / 2)
        score = lambda images: gan.discriminate(gankit.Batch(images)).scores  # noqa: E731
        return np.sqrt(np.array(squared_slopes(score, between))).mean()

    before = mean_slope()
    gan.fit(make_dataset(40, 20), epochs=60, verbose=0)
    after = mean_slope()
    assert before > 2
    assert abs(after - 1) < 0.15


def test_bad_arguments():
    with pytest.raises(ValueError, match="clip must be positive"):
        gankit.WGAN(*make_plain_networks(), clip=0)
    generator, _ = make_plain_networks()
    images = keras.Input((8, 8, 1))
    x = keras.layers.BatchNormalization(name="here")(keras.layers.Flatten()(images))
    critic = keras.Model(images, keras.layers.Dense(1)(x))
    with pytest.raises(ValueError, match=r"no batch normalization, but has \['here'\]"):
        gankit.WGANGP(generator, critic)
