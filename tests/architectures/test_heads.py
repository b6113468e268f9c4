"""Heads on any discriminator: by the same features, with what normalizes its last layer."""

import numpy as np
import pytest
from helpers import make_images

from gankit.architectures import acgan, dcgan, heads, r3gan, sngan
from gankit.layers import SpectralNormalization

BODIES = {
    dcgan: {"filters": 2},
    r3gan: {"filters": 2, "blocks": 1},
    sngan: {"filters": 2},
}


@pytest.mark.parametrize("module", BODIES)
def test_heads_leave_the_scores_as_they_are(module):
    body = module.build_discriminator((8, 8, 1), **BODIES[module])
    images = make_images(3)
    with_classes = heads.add_classes(body, 5)
    scores, classes = with_classes(images)
    np.testing.assert_array_equal(scores, body(images))
    assert classes.shape == (3, 5)
    scores, embeddings, proxies = heads.add_embeddings(body, 5, 7)([images, np.array([0, 4, 0])])
    np.testing.assert_array_equal(scores, body(images))
    assert embeddings.shape == proxies.shape == (3, 7)
    np.testing.assert_array_equal(proxies[0], proxies[2])
    normalized = isinstance(with_classes.get_layer("classes"), SpectralNormalization)
    assert normalized == (module is sngan)


def test_heads_need_an_end_that_they_know():
    for body in (
        dcgan.build_discriminator((8, 8, 1), filters=2, num_classes=3),
        acgan.build_discriminator((8, 8, 1), num_classes=3, filters=2),
    ):
        with pytest.raises(ValueError, match="Build it without num_classes"):
            heads.add_classes(body, 4)
