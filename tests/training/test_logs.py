"""Running means by name, and the names that losses are logged under."""

import numpy as np
import pytest
from keras import ops

from gankit.differentiation import compile_function
from gankit.training.logs import CAPACITY, EpochMeans, name_losses, share_finite


def logged(means):
    return {name: float(value) for name, value in means.result().items()}


def test_means_by_name():
    means = EpochMeans()
    means.update_state({"a": 1.0, "b": 10.0})
    means.update_state({"a": 2.0})
    means.update_state({"a": 6.0, "c": 5.0})
    assert logged(means) == {"a": 3, "b": 10, "c": 5}
    assert list(logged(means)) == ["a", "b", "c"]


def test_some_are_kept_but_not_logged():
    means = EpochMeans()
    means.update_state({"_hidden": 1.0, "a": 2.0})
    assert logged(means) == {"a": 2}
    assert means.save()["_hidden"] == [1, 1]


def test_the_share_of_finite_tensors():
    bad = ops.convert_to_tensor([0.0, np.nan])
    images = ops.convert_to_tensor(np.zeros(3, "uint8"))
    assert share_finite((images, None)) == 1
    assert share_finite({"a": bad, "b": ops.zeros(2), "c": 1 / ops.zeros(2), "d": images}) < 0.34


def test_means_are_weighted():
    means = EpochMeans()
    means.update_state({"a": 1.0}, weight=3)
    means.update_state({"a": 5.0}, weight=ops.convert_to_tensor(1))
    assert logged(means) == {"a": 2}


def test_what_is_saved_is_restored():
    means = EpochMeans()
    means.update_state({"z": 1.0, "a": 10.0}, weight=2)
    saved = means.save()
    assert saved == {"z": [2, 2], "a": [20, 2]}
    assert list(saved) == ["z", "a"]
    other = EpochMeans()
    other.update_state({"new": 7.0, "a": 1.0})
    other.restore(saved)
    assert logged(other) == {"z": 1, "a": 10, "new": 0}
    assert list(logged(other)) == ["z", "a", "new"]
    assert other.save() == saved | {"new": [0, 0]}
    other.update_state({"a": 40.0, "new": 3.0})
    assert logged(other) == {"z": 1, "a": 20, "new": 3}  # (20 + 40) / 3


def test_a_step_that_was_compiled_before_writes_to_the_same_names():
    means = EpochMeans()
    step = compile_function(lambda a, b: means.update_state({"a": a, "b": b}))
    step(*ops.convert_to_tensor([1.0, 2.0]))
    means.restore({"b": [0.0, 0.0], "a": [0.0, 0.0]})
    step(*ops.convert_to_tensor([3.0, 4.0]))
    assert logged(means) == {"b": 4, "a": 3}
    assert list(logged(means)) == ["b", "a"]


def test_an_epoch_begins_anew_and_a_step_forgets():
    means = EpochMeans()
    means.update_state({"a": 1.0})
    means.reset_state()
    assert logged(means) == {"a": 0}
    means.forget()
    assert logged(means) == {}


def test_there_is_room_for_many():
    means = EpochMeans()
    means.update_state({f"value_{i}": float(i) for i in range(CAPACITY)})
    np.testing.assert_array_equal(list(logged(means).values()), np.arange(CAPACITY))
    means.update_state({"value_0": 2.0})
    with pytest.raises(ValueError, match="'one_more' exceeds the limit of 64"):
        means.update_state({"one_more": 1.0})


def test_names_of_terms():
    assert name_losses("encoder", {"adversarial": np.float32(2)}) == {"encoder_loss": 2}
    assert name_losses("encoder", {"adversarial": np.float32(2), "penalty": np.float32(3)}) == {
        "encoder_loss": 5,
        "encoder_adversarial": 2,
        "encoder_penalty": 3,
    }
    with pytest.raises(ValueError, match=r"'adversarial' must be a scalar, got shape \(2,\)"):
        name_losses("encoder", {"adversarial": ops.ones(2)})
    with pytest.raises(ValueError, match="The encoder's term 'loss' needs another name"):
        name_losses("encoder", {"loss": np.float32(2)})
