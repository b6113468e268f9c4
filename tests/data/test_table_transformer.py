import keras
import numpy as np
import pytest
from helpers import make_transformer

from gankit import data
from gankit.data.table_rows import draw_rows, log_frequencies

TABLE = {
    "amount": np.array([10.8, -2.0, 0.0, 12.0]),
    "color": np.array(["red", "blue", "red", "green"]),
}


def test_an_amount_becomes_a_mode_and_a_distance_from_its_mean():
    rows = make_transformer().transform(TABLE)
    # (10.8 - 10) / (4 * 2), (-2 - 0) / (4 * 1), 0, (12 - 10) / (4 * 2)
    np.testing.assert_allclose(rows[:, 0], [0.1, -0.5, 0.0, 0.25], atol=1e-7)
    np.testing.assert_array_equal(rows[:, 1:3], [[0, 1], [1, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(rows[:, 3:], [[0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
    assert make_transformer().parts == [("tanh", 1), ("softmax", 2), ("softmax", 3)]


def test_modes_are_drawn_by_their_probability():
    column = make_transformer().columns[0]
    # densities at 4: exp(-4^2 / 2) and exp(-3^2 / 2) / 2, each times the mode's half
    dense = np.array([np.exp(-8.0), np.exp(-4.5) / 2])
    shares = column.probabilities(np.array([4.0]))[0]
    np.testing.assert_allclose(shares, dense / dense.sum())
    modes = column.encode(np.full(20_000, 4.0), np.random.default_rng(0))[:, 1:]
    np.testing.assert_allclose(modes.mean(axis=0), shares, atol=0.01)


def test_rows_come_back():
    pandas = pytest.importorskip("pandas")
    numbers = data.ContinuousColumn("number", [5.0], [3.0], [1.0], dtype="int64")
    transformer = data.TableTransformer([*make_transformer().columns, numbers])
    table = pandas.DataFrame(TABLE | {"number": [1, 5, 9, 14]})
    rows = transformer.transform(table)
    back = transformer.inverse_transform(rows)
    assert back.color.tolist() == table.color.tolist()
    np.testing.assert_allclose(back.amount, table.amount, atol=1e-5)
    assert back.number.dtype == "int64"
    assert back.number.tolist() == [1, 5, 9, 14]
    with pytest.raises(ValueError, match=r"\(n, 8\), got \(4, 7\)"):
        transformer.inverse_transform(rows[:, 1:])


def test_fit_finds_modes_and_categories():
    pytest.importorskip("sklearn")
    draw = np.random.default_rng(0)
    amounts = np.concatenate([draw.normal(0, 1, 300), draw.normal(1000, 5, 100)])
    table = {"amount": amounts, "good": amounts > 500, "year": 2000 + np.arange(400) % 2}
    transformer = data.TableTransformer.fit(table, discrete=["good", "year"])
    amount, good, year = transformer.columns
    order = np.argsort(amount.weights)[::-1][:2]
    np.testing.assert_allclose(np.array(amount.means)[order], [0, 1000], atol=10.0)
    np.testing.assert_allclose(np.array(amount.weights)[order], [0.75, 0.25], atol=0.02)
    assert (good.values, good.counts) == ([False, True], [300, 100])
    assert year.values == [2000, 2001]
    automatic = data.TableTransformer.fit(table, max_modes=1)
    assert automatic.parts == [("tanh", 1), ("softmax", 1), ("softmax", 2), *automatic.parts[3:]]
    assert [column.name for column in automatic.discrete] == ["good"]


def test_is_written_to_files():
    config = keras.saving.serialize_keras_object(make_transformer())
    again = keras.saving.deserialize_keras_object(config)
    np.testing.assert_array_equal(again.transform(TABLE), make_transformer().transform(TABLE))


def test_conditions_ask_for_one_category():
    transformer = make_transformer()
    np.testing.assert_array_equal(transformer.condition({"color": "green"}), [0, 1, 0])
    assert transformer.condition_places == [3, 4, 5]
    with pytest.raises(ValueError, match="one of \\['color'\\]"):
        transformer.condition({"amount": 3.0})
    with pytest.raises(ValueError, match="no value 'pink'"):
        transformer.condition({"color": "pink"})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"amount": [1.0]}, "no column 'color'"),
        (
            {"amount": [1.0, np.nan], "color": ["red", "red"]},
            "1 missing values, the first in row 1",
        ),
        ({"amount": [1.0], "color": [None]}, "'color' has 1 missing"),
        ({"amount": [1.0], "color": ["pink"]}, "no value 'pink'"),
    ],
)
def test_says_what_is_wrong_with_a_table(table, message):
    with pytest.raises(ValueError, match=message):
        make_transformer().transform(table)


def test_categories_are_drawn_by_the_logarithm_of_their_frequency():
    column = make_transformer().discrete[0]
    np.testing.assert_allclose(log_frequencies(column), [1 / 6, 2 / 6, 3 / 6])  # ln 2, ln 4, ln 8
    of_rows = np.repeat([0, 1, 2], column.counts)
    draw = np.random.default_rng(0)
    indices, places = draw_rows([column, column], [of_rows, of_rows], 12_000, draw)
    np.testing.assert_array_equal(of_rows[indices], places % 3)  # rows have what was asked for
    shares = np.bincount(places) / len(places)
    np.testing.assert_allclose(shares, np.array([1, 2, 3, 1, 2, 3]) / 12, atol=0.015)
    of_red = np.bincount(indices[places % 3 == 2])[4:] / (places % 3 == 2).sum()
    np.testing.assert_allclose(of_red, np.full(7, 1 / 7), atol=0.02)


def test_a_dataset_of_rows_and_conditions_starts_over_each_epoch():
    dataset = data.from_table(TABLE, make_transformer(), batch_size=6, seed=3)
    first, second = (next(iter(dataset)) for _ in range(2))
    rows, conditions = map(np.array, first)
    assert rows.shape == (6, 6)
    np.testing.assert_array_equal(rows[:, 3:], conditions)
    assert (np.array(second[0]) != rows).any()
    again = next(iter(data.from_table(TABLE, make_transformer(), batch_size=6, seed=3)))
    np.testing.assert_array_equal(again[0], rows)


def test_without_categories_there_are_rows_alone():
    transformer = data.TableTransformer(make_transformer().columns[:1])
    dataset = data.from_table(TABLE, transformer, batch_size=3)
    assert [np.shape(batch) for batch in dataset] == [(3, 3)]
    np.testing.assert_array_equal(np.shape(next(iter(dataset))), (3, 3))
