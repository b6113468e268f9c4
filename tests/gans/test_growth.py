"""Networks can be replaced in mid-training; what stays goes on as it was."""

import keras
import numpy as np
from helpers import make_images
from keras import layers, ops

import gankit


class Growing:
    """A generator and a discriminator that share their inner layers over two sizes."""

    def __init__(self):
        keras.utils.set_random_seed(0)
        self.dense = layers.Dense(8 * 8 * 2, name="dense")
        self.convolution = layers.Conv2D(3, 3, padding="same", name="convolution")
        self.score = layers.Dense(1, name="score")
        self.dropout = layers.Dropout(0.1)

    def networks(self, doublings):
        latents = keras.Input((4,), name="latents")
        x = layers.Reshape((8, 8, 2))(self.dense(latents))
        for _ in range(doublings):
            x = layers.UpSampling2D()(x)
        size = 8 * 2**doublings
        images = layers.Conv2D(1, 1, activation="tanh", name=f"to_image_{size}")(x)
        shown = x = keras.Input((size, size, 1), name="images")
        for _ in range(doublings):
            x = layers.AveragePooling2D(2)(x)
        scores = self.score(self.dropout(layers.Flatten()(self.convolution(x))))
        return keras.Model(latents, images), keras.Model(shown, scores)


def memory(gan, phase):
    slots = gan.phases[phase].optimizer.variables
    return {slot.path.split("/")[-1]: ops.convert_to_numpy(slot) for slot in slots}


def test_what_stays_is_remembered():
    growing = Growing()
    gan = gankit.GAN(*growing.networks(0), generator_ema=0.9, seed=0)
    gan.compile("rmsprop", "adam")
    gan.fit(make_images(16), batch_size=4, verbose=0)
    slots = memory(gan, "generator") | memory(gan, "discriminator")
    average = ops.convert_to_numpy(gan.ema_generator.get_layer("dense").kernel)
    gan.replace_networks(*growing.networks(1))
    now = memory(gan, "generator") | memory(gan, "discriminator")
    assert int(gan.generator_optimizer.iterations) == 4
    for name in ("dense_kernel_velocity", "convolution_kernel_momentum", "score_bias_velocity"):
        assert np.abs(now[name]).max() > 0
        np.testing.assert_array_equal(now[name], slots[name])
    np.testing.assert_array_equal(now["to_image_16_kernel_velocity"], 0)
    np.testing.assert_array_equal(gan.ema_generator.get_layer("dense").kernel, average)
    kernel = gan.ema_generator.get_layer("to_image_16").kernel
    np.testing.assert_array_equal(kernel, gan.generator.get_layer("to_image_16").kernel)


class WithEncoder(gankit.GAN):
    def __init__(self, generator, discriminator, encoder, **options):
        super().__init__(generator, discriminator, **options)
        self.encoder = encoder

    def sides(self):
        return super().sides() | {"encoder": [self.encoder]}

    def encoder_losses(self, real, fake):
        return {}


def test_further_networks_stay():
    growing = Growing()
    images = keras.Input((None, None, 1))
    encoder = keras.Model(images, layers.Dense(4)(layers.GlobalAveragePooling2D()(images)))
    gan = WithEncoder(*growing.networks(0), encoder, generator_ema=0.9, seed=0)
    gan.compile()
    average = gan.ema_encoder
    gan.replace_networks(*growing.networks(1))
    assert gan.encoder is encoder
    assert gan.ema_encoder is average
    assert gan.generate(2).shape == (2, 16, 16, 1)


def test_a_grown_gan_is_saved_and_goes_on(tmp_path):
    growing = Growing()
    gan = gankit.GAN(*growing.networks(0), generator_ema=0.9, seed=0)
    gan.compile()
    gan.fit(make_images(16), batch_size=4, verbose=0)
    gan.replace_networks(*growing.networks(1))
    images = make_images(16, (16, 16, 1))
    gan.fit(images, batch_size=4, verbose=0)
    assert gan.generate(2).shape == (2, 16, 16, 1)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for one in (gan, loaded):
        one.fit(images, batch_size=4, shuffle=False, verbose=0)
    for name in ("generator", "discriminator", "ema_generator"):
        weights = [getattr(one, name).get_weights() for one in (gan, loaded)]
        for one, other in zip(*weights, strict=True):
            np.testing.assert_array_equal(one, other)


def test_growing_while_fit_goes_on():
    class Grow(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.replace_networks(*growing.networks(1))

    class Growable(gankit.GAN):
        def unpack(self, data):
            size = self.generator.output_shape[1]
            real = super().unpack(data)
            return real._replace(images=ops.image.resize(real.images, (size, size)))

        def check_data(self, batch):
            """Data are as large as the networks will be."""

    growing = Growing()
    gan = Growable(*growing.networks(0), seed=0)
    gan.compile()
    logs = gan.fit(make_images(16, (16, 16, 1)), epochs=2, verbose=0, callbacks=[Grow()]).history
    assert np.isfinite(logs["generator_loss"]).all()
    assert gan.generate(1).shape == (1, 16, 16, 1)
