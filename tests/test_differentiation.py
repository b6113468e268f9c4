"""Three verbs differentiate; all numbers by hand."""

import keras
import numpy as np
from keras import ops

from gankit.differentiation import (
    add,
    float_tensors,
    gradient_by_inputs,
    is_float,
    record,
    replace_float_tensors,
    value_and_gradients,
)

NOTHING = [0] if keras.backend.backend() == "jax" else None  # a gradient that does not exist


def weight(*value):
    return keras.Variable(np.array(value, "float32"))


def listed(tensors):
    return [None if x is None else ops.convert_to_numpy(x).tolist() for x in tensors]


def test_what_was_recorded_is_pulled_back_as_often_as_asked():
    a, b = weight(2.0, 3.0), weight(5.0)
    made, pull_back = record(lambda: {"product": a * b, "square": a**2}, [a, b])
    np.testing.assert_array_equal(made["product"], [10, 15])
    along_product = [ops.convert_to_tensor([1.0, 10.0]), None]
    along_both = [ops.convert_to_tensor([1.0, 0.0]), ops.convert_to_tensor([0.0, 1.0])]
    # c * b by a and the sum of c * a by b; then with 2 a in the second place.
    assert listed(pull_back(along_product, [a, b])) == [[5, 50], [32]]
    assert listed(pull_back(along_both, [a, b])) == [[5, 6], [2]]
    assert listed(pull_back(along_both, [b])) == [[2]]


def test_rows_of_a_table_can_be_added_up():
    table = keras.Variable(np.zeros((3, 1), "float32"))
    rows = ops.convert_to_tensor([1, 1, 2])
    _, pull_back = record(lambda: ops.take(table, rows, axis=0), [table])
    _, direct, _ = value_and_gradients(
        lambda: (ops.sum(ops.take(table, rows, axis=0)), None), [table]
    )
    (through,) = pull_back([ops.ones((3, 1))], [table])
    assert listed([add(through, direct[0])]) == [[[0], [4], [2]]]


def test_gradients_that_do_not_exist():
    a, b = weight(2.0), weight(5.0)
    _, pull_back = record(lambda: (a * 3.0, ops.cast(b, "int32")), [a, b])
    assert listed(pull_back([ops.ones(1)], [a, b])) == [[3], NOTHING]
    assert listed(pull_back([None], [a, b])) == [NOTHING, NOTHING]


def test_a_tensor_that_stands_twice_counts_once():
    a = weight(2.0)

    def function():
        product = a * 3.0
        return {"first": product, "again": [product, None], "classes": ops.cast(a, "int32")}

    made, pull_back = record(function, [a])
    assert len(float_tensors(made)) == 1
    assert listed(pull_back([ops.ones(1)], [a])) == [[3]]


def test_float_tensors_are_replaced_wherever_they_stand():
    one, other, classes = ops.ones(1), ops.zeros(1), ops.convert_to_tensor([4])
    structure = {"b": (one, other), "a": one, "classes": classes, "none": None}
    assert [id(tensor) for tensor in float_tensors(structure)] in (
        [id(one), id(other)],
        [id(other), id(one)],
    )
    names = {id(one): "one", id(other): "other"}
    others = [names[id(tensor)] for tensor in float_tensors(structure)]
    replaced = replace_float_tensors(structure, others)
    assert replaced["b"] == ("one", "other")
    assert replaced["a"] == "one"
    assert replaced["classes"] is classes
    assert replaced["none"] is None


def test_what_is_float():
    assert is_float(np.float16([1]))
    assert is_float(ops.ones(1, "bfloat16"))
    assert not is_float(ops.ones(1, "int32"))
    assert not is_float(None)
    assert not is_float(1.0)


def test_gradients_by_variables_and_by_inputs():
    a, unused = weight(2.0), weight(7.0)
    x, y = ops.convert_to_tensor([3.0]), ops.convert_to_tensor([4.0])

    def function(x, y):
        return ops.sum(a**2 * x), {"kept": y}

    kept, by_variables, by_inputs = value_and_gradients(function, [a, unused], [x, y])
    assert listed([kept["kept"]]) == [[4]]
    assert listed(by_variables) == [[12], NOTHING]  # 2 a x
    assert listed(by_inputs) == [[4], NOTHING]  # a ** 2
    assert value_and_gradients(lambda: (ops.sum(a), 1), [a])[2] == []


def test_gradients_of_structures_by_structures():
    inputs = {"x": ops.convert_to_tensor([3.0]), "y": (ops.convert_to_tensor([4.0, 5.0]),)}
    slopes = gradient_by_inputs(
        lambda parts: [parts["x"] ** 2, {"sum": parts["x"] * parts["y"][0]}], inputs
    )
    assert listed([slopes["x"], slopes["y"][0]]) == [[15], [3, 3]]  # 2 x + the sum of y; x


def test_a_gradient_is_differentiated_again():
    a, x = weight(2.0), ops.convert_to_tensor([3.0])

    def penalty():
        slope = gradient_by_inputs(lambda x: a * x**3, x)  # 3 a x ** 2
        return ops.sum(slope**2), slope

    slope, by_variables, _ = value_and_gradients(penalty, [a])
    assert listed([slope]) == [[54]]
    assert listed(by_variables) == [[2916]]  # of 9 a ** 2 x ** 4: 18 a x ** 4
    twice = gradient_by_inputs(lambda x: gradient_by_inputs(lambda x: x**3, x), x)
    assert listed([twice]) == [[18]]  # 6 x


def test_the_gradient_of_a_variance_is_differentiated_again():
    x = ops.convert_to_tensor([1.0, 2.0, 3.0, 6.0])

    def first_slope(x):
        return gradient_by_inputs(lambda x: ops.moments(x, axes=[0])[1], x)[0]

    # 2 (x - mean) / 4, in which the mean moves along by a quarter.
    assert listed([gradient_by_inputs(first_slope, x)]) == [[0.375, -0.125, -0.125, -0.125]]
