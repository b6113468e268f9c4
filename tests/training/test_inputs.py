"""What a network takes is found once: roles, by name and by order, and ranges by how it ends."""

import keras
import numpy as np
import pytest
from helpers import make_conditional_networks, make_plain_networks
from keras import layers

from gankit.training.inputs import (
    Inputs,
    as_latents,
    check_classes,
    check_logits,
    check_networks,
    choose_range,
    count_classes,
    find_range,
    shapes_fit,
    standardize,
)


def make_network(*names, **options):
    """Returns a network of one value in each input; an input without a name gets Keras's."""
    inputs = [keras.Input((1,), name=name) for name in names]
    joined = layers.Concatenate()(inputs) if len(inputs) > 1 else inputs[0]
    return keras.Model(inputs, layers.Dense(1)(joined), name="net", **options)


def roles(*names, who="generator"):
    return [one.role for one in Inputs(make_network(*names), who).inputs]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((None,), ["latents"]),
        ((None, None), ["latents", "condition"]),
        ((None, None, None), ["latents", "condition", "condition"]),
        (("condition",), ["condition"]),
        (("condition", "latents"), ["condition", "latents"]),
        (("condition", None), ["condition", "latents"]),
        (("condition_image", "noise", "style"), ["condition", "latents", "condition"]),
        (("latents_coarse", "latents_fine", None), ["latents", "latents", "condition"]),
    ],
)
def test_roles_of_a_generator(names, expected):
    assert roles(*names) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((None, None), ["images", "condition"]),
        (("label", "images"), ["condition", "images"]),
        (("images_small", "images_large"), ["images", "images"]),
        (("latents", None), ["latents", "images"]),
    ],
)
def test_roles_of_a_discriminator(names, expected):
    assert roles(*names, who="discriminator") == expected


def test_what_an_input_is():
    latents = keras.Input((4,), name="latents")
    label = keras.Input((), dtype="int32", name="condition")
    image = keras.Input((8, 8, 3), name="condition_image")
    both = layers.Flatten()(layers.Embedding(7, 4)(label))
    joined = layers.Concatenate()([latents, both, layers.Flatten()(image)])
    inputs = Inputs(keras.Model([latents, label, image], joined), "generator")
    assert inputs.inputs == [
        ("latents", "latents", (4,), "float32", None),
        ("condition", "condition", (), "int32", 7),
        ("condition_image", "condition", (8, 8, 3), "float32", None),
    ]
    assert [one.takes_classes for one in inputs.inputs] == [False, True, False]


def test_classes_are_counted_where_a_layer_says_so():
    label = keras.Input((), dtype="int32")
    encoded = layers.CategoryEncoding(num_tokens=5, output_mode="one_hot")(label)
    assert count_classes(keras.Model(label, layers.Dense(1)(encoded)), label) == 5
    several = layers.Concatenate()([layers.Embedding(3, 2)(label), layers.Embedding(3, 2)(label)])
    assert count_classes(keras.Model(label, several), label) == 3


def test_networks_without_a_known_input():
    with pytest.raises(TypeError, match="The generator must be a functional or sequential keras"):
        Inputs(keras.Sequential([layers.Dense(1)]), "generator")
    with pytest.raises(TypeError, match="The discriminator must be a functional or sequential"):
        Inputs(layers.Dense(1), "discriminator")


def error_of(call, error):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_parts_are_paired_by_name_and_by_order():
    inputs = Inputs(make_network("latents", "condition_a", "condition_b"), "generator")

    def paired(value):
        return [(one.name, part) for one, part in inputs.pair("condition", value)]

    expected = [("condition_a", 1), ("condition_b", 2)]
    assert paired({"condition_b": 2, "condition_a": 1, "other": 3}) == expected
    assert paired((1, 2)) == paired([1, [2, 3]]) == expected
    assert [part for _, part in inputs.pair("latents", {"any_name": 4})] == [4]
    assert inputs.pair("images", 5) == []


def test_parts_that_are_missing():
    inputs = Inputs(make_network("latents", "condition_a", "condition_b"), "generator")
    assert error_of(lambda: inputs.pair("condition", {"condition_a": 1, "b": 2}), ValueError) == (
        "The network 'net' has inputs for condition that are not in the dict: ['condition_b']. It "
        "holds ['b', 'condition_a']."
    )
    assert error_of(lambda: inputs.pair("condition", 1), ValueError) == (
        "The network 'net' has 2 inputs for condition (['condition_a', 'condition_b']), but 1 was "
        "given."
    )
    assert error_of(lambda: inputs.pair("latents", None), ValueError) == (
        "The network 'net' has 1 input for latents (['latents']), but 0 were given."
    )


def test_what_is_offered_goes_in_as_the_network_takes_it():
    listed = Inputs(make_network("condition", "latents"), "generator")
    assert listed.match(latents=1, condition=2) == [2, 1]
    assert Inputs(make_network("latents"), "generator").match(latents=1, condition=2) in (1, [1])
    inputs = {name: keras.Input((1,), name=name) for name in ("latents", "condition")}
    named = keras.Model(inputs, layers.Add()(list(inputs.values())))
    assert Inputs(named, "generator").match(latents=1, condition=2) == {
        "latents": 1,
        "condition": 2,
    }
    one = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    assert Inputs(one, "generator").match(latents=1) == 1


def test_roles_that_a_variant_needs():
    inputs = Inputs(make_network("latents", "condition"), "generator")
    inputs.require(latents=1, condition=1, images=0)
    assert error_of(lambda: inputs.require(latents=1, condition=2), ValueError) == (
        "The generator of this GAN needs 2 inputs for condition, but has ['latents', 'condition']."
    )
    assert error_of(lambda: inputs.require(latents=0), ValueError) == (
        "The generator of this GAN needs 0 inputs for latents, but has ['latents', 'condition']."
    )


@pytest.mark.parametrize(
    ("ending", "value_range"),
    [
        ([layers.Dense(4, "tanh")], (-1, 1)),
        ([layers.Dense(4, "sigmoid")], (0, 1)),
        ([layers.Dense(4, "hard_sigmoid")], (0, 1)),
        ([layers.Dense(4)], None),
        ([layers.Dense(4, "relu")], None),
        ([layers.Dense(4), layers.Activation("tanh")], (-1, 1)),
        ([layers.Dense(4, "tanh"), layers.Reshape((2, 2, 1))], (-1, 1)),
        ([layers.Dense(4, "tanh"), layers.Reshape((2, 2)), layers.Permute((2, 1))], (-1, 1)),
        ([layers.Dense(4, "tanh"), layers.Reshape((4, 1)), layers.Cropping1D(1)], (-1, 1)),
        ([layers.Dense(4, "tanh"), layers.Rescaling(2)], None),
        ([layers.Dense(4, "tanh"), layers.Dense(4)], None),
    ],
    ids=lambda value: None if isinstance(value, list) else str(value),
)
def test_the_range_follows_from_how_a_network_ends(ending, value_range):
    inputs = outputs = keras.Input((3,))
    for layer in ending:
        outputs = type(layer).from_config(layer.get_config())(outputs)
    assert find_range(keras.Model(inputs, outputs)) == value_range
    within = keras.Sequential([keras.Input((3,)), keras.Model(inputs, outputs)])
    assert find_range(within) == value_range


def test_the_range_of_several_outputs():
    inputs = keras.Input((3,))
    one, two = layers.Dense(2, "tanh")(inputs), layers.Dense(2, "sigmoid")(inputs)
    assert find_range(keras.Model(inputs, layers.Concatenate()([one, two]))) is None
    assert find_range(keras.Model(inputs, [two, one])) == (0, 1)  # the first are the images


@pytest.mark.parametrize("activation", ["hard_sigmoid", "softmax"])
def test_squashed_scores_behind_a_reshape(activation):
    squashing = [keras.Input((3,)), layers.Dense(4, activation), layers.Reshape((2, 2))]
    with pytest.raises(ValueError, match=f"ends in a {activation}, but gankit's losses take raw"):
        check_logits(keras.Sequential(squashing))


def test_squashed_scores_of_a_model_within():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(1, "sigmoid")])
    images = keras.Input((3,))
    with pytest.raises(ValueError, match="ends in a sigmoid"):
        check_logits(keras.Model(images, inner(images)))


def test_logits_are_taken():
    check_logits(keras.Sequential([keras.Input((3,)), layers.Dense(4, "sigmoid"), layers.Dense(1)]))


def test_networks_that_fit_by_what_is_shown():
    generator = keras.Sequential([keras.Input((3,)), layers.Dense(16), layers.Reshape((4, 4, 1))])
    images = keras.Input((4, 4, 2))
    discriminator = keras.Model(images, layers.Flatten()(images))
    with pytest.raises(ValueError, match=r"images of shape \(4, 4, 1\).*takes images of shape"):
        check_networks(generator, discriminator)
    takes = check_networks(generator, discriminator, lambda shape: (*shape[:-1], 2))
    assert [one.who for one in takes] == ["generator", "discriminator"]


def test_a_discriminator_that_sees_nothing():
    generator = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    with pytest.raises(ValueError, match=r"has no input for images: \['condition'\]"):
        check_networks(generator, make_network("condition"))


def test_data_in_the_types_that_networks_take():
    black_to_white = np.uint8([[[0]], [[255]]])
    np.testing.assert_allclose(np.ravel(standardize(black_to_white)), [-1, 1], atol=1e-6)
    np.testing.assert_allclose(np.ravel(standardize(black_to_white, (0, 2))), [0, 2], atol=1e-6)
    labels = standardize(np.int64([[3], [4]]))
    assert (labels.dtype, np.array(labels).tolist()) == ("int32", [3, 4])
    assert standardize(np.uint8([3, 4])).dtype == "int32"  # labels, whatever their type
    assert standardize(np.float64([0.5])).dtype == "float32"
    assert as_latents([1, 2]).dtype == "int32"
    assert as_latents([[1, 2]]).dtype == "float32"


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (np.float32([0, 1]), TypeError, "must be integers of shape \\(batch,\\), got float32"),
        (np.int32([0, -1]), ValueError, "must be 0 or more, got -1"),
        (np.int32([0, 3]), ValueError, "must be below 3, the number of classes.*got 3"),
    ],
)
def test_labels_that_are_no_classes(labels, error, message):
    with pytest.raises(error, match=message):
        check_classes(labels, num_classes=3)


def test_maps_of_classes_are_not_scaled_as_images_are():
    classes = keras.Input((4, 4), dtype="int32", name="condition")
    outputs = layers.Reshape((4, 4, 1))(layers.Embedding(3, 1)(classes))
    inputs = Inputs(keras.Model(classes, outputs), "generator")
    inputs.check_condition(np.ones((2, 4, 4), "int32"), None)
    with pytest.raises(TypeError, match=r"a class for each pixel, but uint8 of shape \(2, 4, 4\)"):
        inputs.check_condition(np.ones((2, 4, 4), "uint8"), None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("auto", (-1, 1)), (None, None), ([0, 2], (0, 2)), (np.array([-1.0, 1.0]), (-1, 1))],
    ids=str,
)
def test_ranges(given, expected):
    assert choose_range(given, make_plain_networks()[0]) == expected


@pytest.mark.parametrize("value_range", ["tanh", 1, (0,), (1, -1), (0, np.nan), (0, "1")])
def test_ranges_that_are_none(value_range):
    with pytest.raises(ValueError, match=r"must be 'auto', None, or \(low, high\).*got"):
        choose_range(value_range, make_plain_networks()[0])


def test_shapes_agree_where_both_are_known():
    assert shapes_fit((8, None, 3), (None, 8, 3))
    assert not shapes_fit((8, 8, 1), (8, 8, 3))
    assert not shapes_fit((8, 8), (8, 8, 3))


def test_names_of_classes():
    inputs = Inputs(make_conditional_networks()[0], "generator")
    assert inputs.check_class_names(None) is None
    assert inputs.check_class_names(("a", "b", "c")) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="2 class_names, but the generator takes 3 classes"):
        inputs.check_class_names(["a", "b"])
    with pytest.raises(ValueError, match="must differ"):
        inputs.check_class_names(["a", "b", "b"])
    with pytest.raises(ValueError, match="2 class_names, but the generator takes no classes"):
        Inputs(make_plain_networks()[0], "generator").check_class_names(["a", "b"])
