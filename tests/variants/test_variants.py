"""Variants, each in one short file of public names: the proof that the core serves them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import contract
import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import make_images
from variants import brightness, rgba
from variants.lookahead import LookaheadGAN
from variants.multi_scale import MultiScaleGAN
from variants.networks import (
    build_discriminator,
    build_generator,
)
from variants.two_discriminators import TwoDiscriminators

import gankit

IMAGES = make_images(20)
OTHERS = ("networks", "test_variants", "test_meanings")
FILES = sorted(p for p in Path(__file__).parent.glob("*.py") if p.stem not in OTHERS)


class Row(NamedTuple):
    """A variant, what makes its arguments, and its data: images, or images and a condition.

    ``asked`` is what ``generate`` needs for three images.
    """

    variant: type
    make_arguments: Callable[[], dict[str, Any]]
    data: Any = IMAGES
    asked: dict[str, Any] = {"num_images": 3}  # noqa: RUF012 (never changed)
    name: str | None = None  # where the variant is a plain GAN


def row_of(module, data, **options):
    """Returns the row of a module that holds networks and data alone."""
    arguments = lambda: dict(zip(("generator", "discriminator"), module.build_networks()))  # noqa: B905, E731
    return Row(gankit.GAN, arguments, data, name=module.__name__, **options)


def networks(**arguments):
    return {
        "generator": build_generator(),
        "discriminator": build_discriminator(),
        **arguments,
    }


ROWS = [
    Row(TwoDiscriminators, lambda: networks(patches=build_discriminator((2, 2, 1)))),
    Row(
        MultiScaleGAN,
        lambda: networks(
            discriminator=build_discriminator((2, 2, 1), features=True),
            coarser=[build_discriminator((1, 1, 1), image_shape=(4, 4, 1), features=True)],
        ),
    ),
    Row(LookaheadGAN, lambda: networks(every=2)),
    row_of(
        brightness,
        brightness.make_data(20),
        asked={"condition": [[-0.5], [0.0], [0.5]]},
    ),
    row_of(rgba, rgba.make_data(20)),
]


@pytest.fixture(params=ROWS, ids=lambda row: row.name or row.variant.__name__)
def row(request):
    return request.param


@pytest.fixture
def make_gan(row):
    def make(**compile_options):
        gan = row.variant(**row.make_arguments(), seed=0)
        gan.compile(**{"run_eagerly": True} | compile_options)
        return gan

    return make


@pytest.fixture
def make_dataset(row):
    return lambda shuffle=True: tf.data.Dataset.from_tensor_slices(row.data).batch(10)


def test_trains_and_logs(make_gan, make_dataset):
    contract.trains_and_logs(make_gan(), make_dataset().take(1))


def test_phases_are_separate(make_gan, make_dataset, row):
    gan = make_gan()
    contract.phases_are_separate(gan, make_dataset())
    generates_and_scores(gan, row)


def test_saves_loads_and_continues_exactly(make_gan, make_dataset, tmp_path):
    contract.saves_loads_and_continues_exactly(make_gan(), make_dataset(), tmp_path)


def test_evaluate_changes_nothing(make_gan, make_dataset):
    contract.evaluate_changes_nothing(make_gan(), make_dataset())


def test_stopped_in_mid_epoch_equals_not_stopped(make_gan, make_dataset, tmp_path):
    contract.stopped_in_mid_epoch_equals_not_stopped(make_gan, make_dataset, tmp_path)


def generates_and_scores(gan, row):
    images = gan.generate(**row.asked, seed=0)
    again = gan.generate(**row.asked, seed=0)
    for one, other in zip(*map(keras.tree.flatten, (images, again)), strict=True):
        assert len(one) == 3
        np.testing.assert_array_equal(one, other)
    images, condition = row.data if isinstance(row.data, tuple) else (row.data, None)
    assert np.isfinite(gan.score(images, condition)).all()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_is_short_and_uses_public_names_alone(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 45
    private = set(re.findall(r"\b_\w+", text)) - {"__init__", "_replace"}  # of a NamedTuple
    assert not private
    assert "GradientTape" not in text
