"""Files of weights: written by PyTorch, by hand, and by someone who means harm."""

import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from gankit.metrics.weight_files import read_weights

FILES = Path(__file__).parents[1] / "files"
MATRIX = np.arange(24, dtype=np.float32).reshape(4, 6)


@pytest.mark.parametrize("name", ["tensors.pth", "tensors_old.pth"])
def test_what_pytorch_saved(name):
    found = read_weights(FILES / name)
    np.testing.assert_array_equal(found["matrix"], MATRIX)
    np.testing.assert_array_equal(found["transposed"], MATRIX.T)
    np.testing.assert_array_equal(found["part"], MATRIX[1:3, ::2])
    np.testing.assert_array_equal(found["parameter"], MATRIX[2])
    np.testing.assert_array_equal(found["half"], MATRIX[0])
    assert found["half"].dtype == np.float16
    assert found["count"] == 7


def test_a_module_is_no_dict_of_tensors():
    with pytest.raises(ValueError, match=r"torch.nn.modules.linear.Linear, which is no part of a"):
        read_weights(FILES / "module.pth")


def test_nothing_in_a_file_is_run(tmp_path):
    class Harm:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harmed",))

    path = tmp_path / "harm.pth"
    path.write_bytes(pickle.dumps(Harm()))
    with pytest.raises(ValueError, match="which is no part of a tensor"):
        read_weights(path)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("name", ["tensors.pth", "tensors_old.pth"])
def test_a_file_that_is_cut_short(name, tmp_path):
    content = (FILES / name).read_bytes()
    for size in (0, 10, len(content) // 2, len(content) - 40):
        path = tmp_path / f"{size}.pth"
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match="can't be read as weights"):
            read_weights(path)


def test_safetensors(tmp_path):
    header = {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [4, 6], "data_offsets": [0, 96]},
        "b": {"dtype": "I64", "shape": [], "data_offsets": [96, 104]},
    }
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + MATRIX.tobytes() + np.int64(7).tobytes()
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    found = read_weights(path)
    np.testing.assert_array_equal(found["a"], MATRIX)
    assert found["b"] == 7
    path.write_bytes(content[:-20])
    with pytest.raises(ValueError, match="can't be read as weights"):
        read_weights(path)


def test_constants_of_a_graph(tmp_path):
    tf = pytest.importorskip("tensorflow")
    with tf.Graph().as_default() as graph:
        tf.constant(MATRIX, name="conv/conv2d_params")
        tf.identity(tf.constant(1.0, name="one"), name="two")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    found = read_weights(path)
    assert set(found) == {"conv/conv2d_params", "one"}
    np.testing.assert_array_equal(found["conv/conv2d_params"], MATRIX)
