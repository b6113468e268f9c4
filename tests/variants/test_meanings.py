"""What variants do that a plain GAN does not, by hand."""

import keras
import numpy as np
from helpers import make_images
from keras import ops
from variants.lookahead import LookaheadGAN
from variants.networks import LATENT_DIM, build_discriminator, build_generator
from variants.path_length import PathLengthGAN
from variants.semi_supervised import SemiSupervisedGAN
from variants.style_mixing import StyleMixingGAN

from gankit import Batch

IMAGES = make_images(4)


def make(variant, generator=None, discriminator=None, **options):
    networks = generator or build_generator(), discriminator or build_discriminator()
    gan = variant(*networks, seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


def tensor(values):
    return ops.convert_to_tensor(np.array(values, "float32"))


def test_images_of_two_latents_are_of_one_in_pictures():
    gan = make(StyleMixingGAN, build_generator(latents=(3, LATENT_DIM)), mixing=1.0)
    one = np.array(gan.sample_latents(50, seed=0))
    np.testing.assert_array_equal(one, one[:, :1].repeat(3, axis=1))
    with gan.step(training=True):
        mixed = np.array(gan.sample_latents(50))
    changes = (mixed[:, 1:] != mixed[:, :-1]).any(axis=-1).sum(axis=1)
    np.testing.assert_array_equal(changes, 1)  # in each image, before the second or third layer
    assert (mixed[:, 0] != mixed[:, 1]).any()
    assert (mixed[:, 1] != mixed[:, 2]).any()


def test_images_without_a_label_cost_nothing():
    gan = make(SemiSupervisedGAN, discriminator=build_discriminator((3,), features=True))
    logits = tensor([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0]])
    real = Batch(None, ops.convert_to_tensor([1, -1]), scores=logits[:, :1], heads=(logits,))
    terms = gan.discriminator_losses(real, real)
    np.testing.assert_allclose(terms["class"], np.log(3), rtol=1e-6)


def test_both_players_go_back_every_second_step():
    gan = make(LookaheadGAN, every=2, part=0.25, generator_ema=None)
    start = [np.array(variable) for variable in gan.fast]
    for variable in gan.fast:
        variable.assign_add(ops.ones_like(variable))
    gan.after_step(None, None)
    for variable, value in zip(gan.fast, start, strict=True):
        np.testing.assert_allclose(variable, value + 1.0, atol=1e-6)
    gan.steps_completed.assign(1)
    gan.after_step(None, None)
    for slow, fast, value in zip(gan.slow, gan.fast, start, strict=True):
        np.testing.assert_allclose(fast, value + 0.25, atol=1e-6)
        np.testing.assert_array_equal(slow, fast)


def test_the_length_of_a_path_through_a_linear_network():
    styles = keras.Input((2,))
    images = keras.layers.Reshape((1, 1, 1))(keras.layers.Dense(1, name="row")(styles))
    synthesis = keras.Model(styles, images, name="synthesis")
    mapping = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)], name="mapping")
    latents = keras.Input((2,), name="latents")
    generator = keras.Model(latents, synthesis(mapping(latents)))
    gan = make(PathLengthGAN, generator, build_discriminator(image_shape=(1, 1, 1)), decay=0.0)
    synthesis.get_layer("row").kernel.assign([[3.0], [4.0]])
    fake = Batch(ops.zeros((2000, 1, 1, 1)), latents=ops.zeros((2000, 2)))
    # The slope is noise * (3, 4), its squared length 25 * noise^2: 25 on average.
    np.testing.assert_allclose(gan.path_length(fake), 25.0, rtol=0.1)
