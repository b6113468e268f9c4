"""The network of published FIDs: its shape, its names, its ways to resize. See tests/parity."""

import json
import struct

import keras
import numpy as np
import pytest

from gankit import metrics
from gankit.metrics.field_resizing import RESIZERS, interpolate, weigh_lines
from gankit.metrics.inception_2015 import (
    Inception2015,
    from_graph,
    graph_name,
    place,
    torch_name,
)

FILE = "pt_inception-2015-12-05-6726825d.pth"


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return Inception2015("clean")


def as_torch(network):
    """Returns the network's weights as PyTorch names them and lays them out."""
    parts = {1: ["weight"], 4: ["weight", "bias", "running_mean", "running_var"]}
    return {
        f"{torch_name(layer)}.{part}": np.moveaxis(value, (-1, -2), (0, 1))
        if value.ndim > 1
        else value
        for layer in network.layers
        for part, value in zip(parts.get(len(layer.weights), []), layer.get_weights(), strict=True)
    }


def write_safetensors(path, arrays):
    header, start = {}, 0
    for name, array in arrays.items():
        offsets = [start, start + array.nbytes]
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": offsets}
        start = offsets[1]
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).tobytes())


def test_size_and_outputs(network):
    # Those of Inception's convolutions, 17,216 means and as many variances, and of 1,008 classes.
    assert network.count_params() == 21_785_568 + 2 * 17_216 + 2048 * 1008
    assert [output.shape for output in network.outputs] == [(None, 2048), (None, 1008)]


def test_names_in_the_graph(network):
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    nodes = [graph_name(torch_name(layer).removesuffix(".conv")) for layer in convolutions]
    assert len(set(nodes)) == 94
    assert graph_name("Conv2d_4a_3x3") == "conv_4"
    assert graph_name("Mixed_5b.branch_pool") == "mixed/tower_2/conv"
    assert graph_name("Mixed_6a.branch3x3") == "mixed_3/conv"
    assert graph_name("Mixed_6a.branch3x3dbl_3") == "mixed_3/tower/conv_2"
    assert graph_name("Mixed_6e.branch7x7dbl_5") == "mixed_7/tower_1/conv_4"
    assert graph_name("Mixed_7a.branch3x3_2") == "mixed_8/tower/conv_1"
    assert graph_name("Mixed_7a.branch7x7x3_4") == "mixed_8/tower_1/conv_3"
    assert graph_name("Mixed_7c.branch3x3_2b") == "mixed_10/tower/mixed/conv_1"
    assert graph_name("Mixed_7c.branch3x3dbl_3a") == "mixed_10/tower_1/mixed/conv"


def test_weights_of_a_graph(network):
    kernel = np.zeros((3, 3, 3, 32), np.float32)
    kernel[0, 1, 2, 3] = 1
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    constants = {f"conv/batchnorm/{name}": np.float32([i]) for i, name in enumerate(names)}
    constants |= {"conv/conv2d_params": kernel, "softmax/weights": np.eye(2, 3)}
    arrays = from_graph(constants, ["Conv2d_1a_3x3"])
    assert arrays["Conv2d_1a_3x3.conv.weight"][3, 2, 0, 1] == 1
    assert arrays["fc.weight"].shape == (3, 2)
    parts = ("weight", "bias", "running_mean", "running_var")
    assert [arrays[f"Conv2d_1a_3x3.bn.{part}"] for part in parts] == [0, 1, 2, 3]


def test_weights_come_from_a_file(network, tmp_path):
    arrays = as_torch(network)
    path = tmp_path / "x.safetensors"
    write_safetensors(path, arrays)
    again = metrics.extractors.inception_2015(path, "legacy_pytorch")
    for mine, other in zip(again.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)
    digits = np.zeros((1, 28, 28, 1), np.float32)
    features = metrics.extract(digits, again, verbose=0)
    assert features.values.shape == (1, 2048)
    np.testing.assert_allclose(features.probabilities.sum(), 1, rtol=1e-5)


def test_arrays_of_another_network(network, tmp_path):
    with pytest.raises(ValueError, match=r"has no 'Conv2d_1a_3x3.conv.weight': it holds 1 arrays"):
        place(network, {"x": np.zeros(3)}, tmp_path / "x.pth")
    arrays = as_torch(network) | {"Conv2d_1a_3x3.conv.weight": np.zeros((32, 1, 3, 3))}
    with pytest.raises(ValueError, match=r"needs arrays of the shapes \[\(3, 3, 3, 32\)\], got"):
        place(network, arrays, tmp_path / "x.pth")


def test_where_the_weights_are_from(tmp_path):
    with pytest.raises(OSError, match=rf"Download https://.*{FILE} \(91 MB, its SHA-256 begins"):
        metrics.extractors.inception_2015(tmp_path / "missing.pth")
    with pytest.raises(ValueError, match="resize must be one of"):
        metrics.extractors.inception_2015(tmp_path / "missing.pth", "best")


def test_a_file_of_the_published_name_with_other_weights(network, tmp_path):
    from gankit.metrics import inception_2015 as module

    path = tmp_path / FILE
    path.write_bytes(b"other")
    with pytest.warns(UserWarning, match="the published file's begins with 6726825d"):
        module.check_digest(path, "6726825d")


def test_lines_between_centres_and_between_corners():
    # Of two pixels in four: centres lie at -0.25, 0.25, 0.75 and 1.25, corners at 0, 0.5, 1, 1.5.
    centres = weigh_lines(2, 0.5, side=4)
    np.testing.assert_allclose(centres, [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
    corners = weigh_lines(2, 0.0, side=4)
    np.testing.assert_allclose(corners, [[1, 0], [0.5, 0.5], [0, 1], [0, 1]])


@pytest.mark.parametrize("resize", RESIZERS)
def test_what_the_network_takes(resize):
    white, black = np.full((1, 7, 9, 3), 255.0), np.zeros((1, 7, 9, 3))
    ends = (-1, 1) if resize == "legacy_pytorch" else (-1, 127 / 128)
    for levels, expected in zip((black, white), ends, strict=True):
        images = RESIZERS[resize](levels)
        assert images.shape == (1, 299, 299, 3)
        assert images.dtype == np.float32
        np.testing.assert_allclose(images, expected, rtol=1e-6)


def test_clean_images_have_no_aliasing():
    """A fine chequer becomes grey when it shrinks; between lines, only its black is seen."""
    chequer = np.indices((4 * 299, 4 * 299)).sum(axis=0) % 2 * 255.0
    levels = np.repeat(chequer[None, :, :, None], 3, axis=-1)
    assert np.abs(RESIZERS["clean"](levels)).max() < 0.02
    assert interpolate(levels, 0.0).max() == 0
