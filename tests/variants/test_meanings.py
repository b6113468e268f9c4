"""What variants do that a plain GAN does not, by hand."""

import numpy as np
from helpers import make_images
from keras import ops
from variants.lookahead import LookaheadGAN
from variants.networks import build_discriminator, build_generator

IMAGES = make_images(4)


def make(variant, generator=None, discriminator=None, **options):
    networks = generator or build_generator(), discriminator or build_discriminator()
    gan = variant(*networks, seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


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
