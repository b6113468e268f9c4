"""The rows of a table, drawn so that rare categories are seen often: training by sampling."""

from collections.abc import Hashable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one, check_seed
from gankit.data.batches import make_dataset
from gankit.data.draws import ROWS, make_generator, once_an_epoch
from gankit.data.source import Part, Source, make_order
from gankit.data.table_transformer import DiscreteColumn, TableTransformer
from gankit.typing import Dataset


def from_table(
    table: Mapping[Hashable, ArrayLike],
    transformer: TableTransformer,
    *,
    batch_size: int = 500,
    seed: int = 0,
) -> Dataset:
    """Returns a dataset of rows and conditions, for ``CTGAN``.

    For each row a discrete column is drawn, one of its categories by the logarithm of how often it
    occurs, and then a row of that category, which is the condition. Without discrete columns there
    are rows alone, all equally likely.

    Args:
        table: a ``pandas.DataFrame``, or a dict of columns.
        transformer: fitted to it.
        batch_size: rows a batch, which may be more than the table has.
        seed: integer. What is drawn is a function of it and of the epoch's number alone.

    Returns:
        A dataset of float32 rows ``(batch_size, row_dim)``, or of pairs of them with conditions,
        float32 ``(batch_size, condition_dim)`` of 0s and one 1. An epoch has as many batches as
        the table fills, at least one.

    Raises:
        ValueError: a table that the transformer was not fitted to, see ``transform``.

    Examples:
        >>> table = {"age": np.arange(20.0, 60.0), "color": ["red", "blue"] * 20}
        >>> transformer = data.TableTransformer.fit(table, max_modes=1)
        >>> rows, condition = next(iter(data.from_table(table, transformer, batch_size=8)))
        >>> ops.shape(rows), ops.shape(condition)
        ((8, 4), (8, 2))

    References:
        Xu et al. 2019, arXiv:1907.00503, section 4.3.
    """
    check_at_least_one("batch_size", batch_size)
    check_seed(seed)
    rows = transformer.transform(table, seed)
    num_batches = max(1, len(rows) // batch_size)
    number = num_batches * batch_size
    parts: list[Part] = [((batch_size, transformer.row_dim), "float32")]
    if not transformer.discrete:
        order = make_order(len(rows), seed, shuffle=True)

        def read_rows(epoch: int, index: int) -> np.ndarray:
            start = index * batch_size
            return rows[np.resize(order(epoch), number)[start : start + batch_size]]

        return make_dataset(Source(read_rows, num_batches, parts, None, order))

    categories = [one.number(np.asarray(table[one.name])) for one in transformer.discrete]

    @once_an_epoch
    def draw(epoch: int) -> tuple[np.ndarray, np.ndarray]:
        generator = make_generator(seed, epoch, ROWS)
        return draw_rows(transformer.discrete, categories, number, generator)

    def read(epoch: int, index: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(index * batch_size, (index + 1) * batch_size)
        indices, places = draw(epoch)
        return rows[indices[part]], np.eye(transformer.condition_dim, dtype="float32")[places[part]]

    parts.append(((batch_size, transformer.condition_dim), "float32"))
    return make_dataset(Source(read, num_batches, parts, None, lambda epoch: draw(epoch)[0]))


def draw_rows(
    columns: list[DiscreteColumn],
    categories: list[np.ndarray],
    number: int,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns indices of drawn rows, and where in a condition what was drawn stands.

    Args:
        columns: the discrete ones.
        categories: of each of them, the category of each row.
        number: how many rows to draw.
        generator: of random numbers.
    """
    chosen = generator.integers(len(columns), size=number)
    indices, places, start = np.zeros(number, int), np.zeros(number, int), 0
    for place, (column, of_rows) in enumerate(zip(columns, categories, strict=True)):
        asked = np.flatnonzero(chosen == place)
        drawn = generator.choice(len(column.values), len(asked), p=log_frequencies(column))
        places[asked] = start + drawn
        for category in np.unique(drawn):
            where = asked[drawn == category]
            indices[where] = generator.choice(np.flatnonzero(of_rows == category), len(where))
        start += len(column.values)
    return indices, places


def log_frequencies(column: DiscreteColumn) -> np.ndarray:
    """Returns how likely each category is drawn: by ln(1 + count), where the paper has ln(count).

    What occurs only once is drawn so, too.
    """
    weights = np.log1p(column.counts)
    return weights / weights.sum()
