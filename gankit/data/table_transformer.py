"""The columns of a table as numbers that a GAN trains on, and the way back."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Self

import keras
import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one, did_you_mean
from gankit.configured import Configured

LEAST_WEIGHT = 0.005  # of a mode that counts
SPREADS = 4  # standard deviations from a mode's mean to the ends of tanh

#: A part of a row: how a network makes it, and how many numbers it has.
RowPart = tuple[str, int]


@keras.saving.register_keras_serializable(package="gankit")
class ContinuousColumn(Configured):
    """A continuous column: mode-specific normalization by a mixture of normal distributions.

    A value becomes its mode, one-hot, and how far it is from that mode's mean, in four standard
    deviations. Of the modes that may have made a value, one is drawn by its probability.

    Args:
        name: of the column.
        means: of the modes.
        deviations: standard deviations of the modes.
        weights: shares of the modes, of sum 1.
        dtype: of the column, which values get back.

    Examples:
        >>> column = data.ContinuousColumn("age", [20.0, 60.0], [5.0, 5.0], [0.5, 0.5])
        >>> column.parts
        [('tanh', 1), ('softmax', 2)]
        >>> column.decode(np.float32([[0.25, 0, 1]]))  # 0.25 * 4 deviations above 60
        array([65.])
    """

    def __init__(
        self,
        name: Hashable,
        means: Sequence[float],
        deviations: Sequence[float],
        weights: Sequence[float],
        dtype: str = "float64",
    ):
        self.name = name
        self.means = means
        self.deviations = deviations
        self.weights = weights
        self.dtype = dtype

    @property
    def parts(self) -> list[RowPart]:
        """Distance and mode."""
        return [("tanh", 1), ("softmax", len(self.means))]

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        """Returns how probable it is that each mode made each value, ``(n, modes)``."""
        distances = (values[:, None] - self.means) / np.asarray(self.deviations)
        logits = np.log(self.weights) - np.log(self.deviations) - distances**2 / 2
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def encode(self, values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Returns the numbers of each value, ``(n, 1 + modes)``."""
        values = values.astype("float64")
        drawn = generator.random((len(values), 1))
        modes = (drawn > self.probabilities(values).cumsum(axis=1)[:, :-1]).sum(axis=1)
        means, deviations = np.asarray(self.means)[modes], np.asarray(self.deviations)[modes]
        distances = np.clip((values - means) / (SPREADS * deviations), -1, 1)
        return np.column_stack([distances, np.eye(len(self.means))[modes]])

    def decode(self, numbers: np.ndarray) -> np.ndarray:
        """Returns the values that numbers stand for, of the most probable mode."""
        modes = numbers[:, 1:].argmax(axis=1)
        means, deviations = np.asarray(self.means)[modes], np.asarray(self.deviations)[modes]
        values = means + SPREADS * deviations * np.clip(numbers[:, 0], -1, 1)
        return (values.round() if np.dtype(self.dtype).kind in "iu" else values).astype(self.dtype)


@keras.saving.register_keras_serializable(package="gankit")
class DiscreteColumn(Configured):
    """A column of categories, which become one-hot.

    Args:
        name: of the column.
        values: its different values: texts, numbers or booleans.
        counts: how many rows have each of them.

    Examples:
        >>> column = data.DiscreteColumn("color", values=["blue", "green", "red"], counts=[1, 3, 7])
        >>> column.parts
        [('softmax', 3)]
        >>> column.decode(np.float32([[0, 0, 1], [0.8, 0.1, 0.1]]))
        array(['red', 'blue'], dtype='<U5')
    """

    def __init__(self, name: Hashable, values: Sequence[Any], counts: Sequence[int]):
        self.name = name
        self.values = values
        self.counts = counts

    @property
    def parts(self) -> list[RowPart]:
        """The category."""
        return [("softmax", len(self.values))]

    def number(self, values: np.ndarray) -> np.ndarray:
        """Returns the place of each value among ``self.values``."""
        places = {value: place for place, value in enumerate(self.values)}
        unknown = sorted({str(value) for value in values.tolist() if value not in places})
        if unknown:
            raise ValueError(
                f"Column {self.name!r} has no value {unknown[0]!r}: fit has seen {self.values}."
            )
        return np.array([places[value] for value in values.tolist()], dtype=int)

    def encode(self, values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Returns the numbers of each value, ``(n, categories)``."""
        return np.eye(len(self.values))[self.number(values)]

    def decode(self, numbers: np.ndarray) -> np.ndarray:
        """Returns the most probable values."""
        return np.array(self.values)[numbers.argmax(axis=1)]


@keras.saving.register_keras_serializable(package="gankit")
class TableTransformer(Configured):
    """Turns the rows of a table into vectors that a ``CTGAN`` trains on, and back.

    ``fit`` makes one from a table. It is kept in the GAN's file.

    Args:
        columns: a ``ContinuousColumn`` or ``DiscreteColumn`` for each of the table's, in order.

    Attributes:
        parts: of a row's vector, in order, as ``architectures.ctgan`` takes them: pairs of
            ``"tanh"`` or ``"softmax"`` and how many numbers that makes.
        row_dim: how many numbers a row has.
        condition_dim: how many categories all discrete columns have together; 0 without any.

    Examples:
        >>> table = {"age": np.arange(20.0, 60.0), "color": ["red", "blue"] * 20}
        >>> transformer = data.TableTransformer.fit(table, max_modes=1)
        >>> transformer.row_dim  # age: a number and a mode; color: two categories
        4
        >>> transformer.transform(table).shape
        (40, 4)
        >>> transformer.condition({"color": "red"})
        array([0., 1.], dtype=float32)

    References:
        Xu et al. 2019, "Modeling Tabular Data using Conditional GAN", arXiv:1907.00503, section
        4.2.
    """

    def __init__(self, columns: Sequence[ContinuousColumn | DiscreteColumn]):
        self.columns = list(columns)
        self.parts = [part for column in self.columns for part in column.parts]
        self.row_dim = sum(width for _, width in self.parts)
        self.discrete = [one for one in self.columns if isinstance(one, DiscreteColumn)]
        self.condition_dim = sum(len(column.values) for column in self.discrete)

    @classmethod
    def fit(
        cls,
        table: Mapping[Hashable, ArrayLike],
        discrete: Sequence[Hashable] | None = None,
        *,
        max_modes: int = 10,
        seed: int = 0,
    ) -> Self:
        """Returns the transformer of a table. Needs scikit-learn: ``gankit[tables]``.

        Args:
            table: a ``pandas.DataFrame``, or a dict of columns.
            discrete: names of the discrete columns, whose values are categories; None for those of
                texts, booleans and pandas' categories. All others are continuous.
            max_modes: of a continuous column; a variational mixture leaves out those it can spare.
            seed: integer, which determines where the mixtures begin.

        Raises:
            ValueError: a name that the table has not, a value that is missing, or no rows.
            TypeError: a continuous column that holds no numbers.
            ImportError: without scikit-learn.
        """
        check_at_least_one("max_modes", max_modes)
        names = list(table)
        for name in discrete or ():
            if name not in names:
                raise ValueError(
                    f"No column {name!r}: {names}.{did_you_mean(name, map(str, names))}"
                )
        columns: list[ContinuousColumn | DiscreteColumn] = []
        for name in names:
            values = read_column(table, name)
            is_category = str(getattr(table[name], "dtype", "")) == "category"
            if name in discrete if discrete is not None else is_discrete(values) or is_category:
                categories, counts = np.unique(values, return_counts=True)
                columns.append(DiscreteColumn(name, categories.tolist(), counts.tolist()))
            else:
                columns.append(fit_modes(name, values, max_modes, seed))
        return cls(columns)

    def transform(self, table: Mapping[Hashable, ArrayLike], seed: int = 0) -> np.ndarray:
        """Returns the rows of a table as float32 ``(n, row_dim)``.

        Args:
            table: with the columns that ``fit`` has seen.
            seed: integer, by which a mode is drawn for each continuous value.

        Raises:
            ValueError: a column or a value that is missing, or a category that is not known.
        """
        generator = np.random.default_rng(seed)
        parts = [
            column.encode(read_column(table, column.name), generator) for column in self.columns
        ]
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def inverse_transform(self, rows: ArrayLike) -> Any:
        """Returns vectors ``(n, row_dim)`` as a ``pandas.DataFrame``, of the fitted columns."""
        import pandas as pd

        rows = np.asarray(rows)
        if rows.ndim != 2 or rows.shape[1] != self.row_dim:
            raise ValueError(f"rows must have the shape (n, {self.row_dim}), got {rows.shape}.")
        widths = [sum(width for _, width in column.parts) for column in self.columns]
        parts = np.split(rows, np.cumsum(widths)[:-1], axis=1)
        decoded = zip(self.columns, parts, strict=True)
        return pd.DataFrame({column.name: column.decode(part) for column, part in decoded})

    @property
    def condition_places(self) -> list[int]:
        """Where in a row each number of a condition stands: those of all discrete columns."""
        places: list[int] = []
        start = 0
        for column in self.columns:
            width = sum(width for _, width in column.parts)
            places += range(start, start + width) if column in self.discrete else ()
            start += width
        return places

    def condition(self, given: Mapping[Hashable, Any]) -> np.ndarray:
        """Returns the condition that asks for one value of one column, float32 ``(dim,)``.

        Args:
            given: e.g. ``{"species": "setosa"}``.

        Raises:
            ValueError: several columns, or one that is not discrete, or a value that it has not.
        """
        starts = np.cumsum([0] + [len(column.values) for column in self.discrete])
        places = {column.name: place for place, column in enumerate(self.discrete)}
        if len(given) != 1 or not set(given) <= set(places):
            raise ValueError(f"A condition gives one of {list(places)} a value, got {dict(given)}.")
        ((name, value),) = given.items()
        place = places[name]
        category = self.discrete[place].number(np.array([value]))[0]
        return np.eye(self.condition_dim, dtype=np.float32)[starts[place] + category]


def read_column(table: Mapping[Hashable, ArrayLike], name: Hashable) -> np.ndarray:
    """Returns a column's values, or raises ``ValueError`` if some are missing."""
    if name not in list(table):
        raise ValueError(f"The table has no column {name!r}, it has {list(table)}.")
    values = np.asarray(table[name])
    if values.ndim != 1 or not len(values):
        raise ValueError(f"Column {name!r} must hold a value for each row, got {values.shape}.")
    missing = [i for i, value in enumerate(values.tolist()) if value is None or value != value]
    if missing:
        raise ValueError(
            f"Column {name!r} has {len(missing)} missing values, the first in row {missing[0]}: "
            "fill them in, or leave these rows out."
        )
    return values


def is_discrete(values: np.ndarray) -> bool:
    """Returns whether a column holds texts, other objects or booleans."""
    return values.dtype.kind in "OUSb"


def fit_modes(name: Hashable, values: np.ndarray, max_modes: int, seed: int) -> ContinuousColumn:
    """Returns a continuous column with the modes of a variational mixture."""
    from sklearn.mixture import BayesianGaussianMixture

    if values.dtype.kind not in "iuf":
        raise TypeError(
            f"Column {name!r} holds {values.dtype}, no numbers: name it in discrete=[...]."
        )
    mixture = BayesianGaussianMixture(
        n_components=min(max_modes, len(np.unique(values))),
        weight_concentration_prior=0.001,  # few modes
        max_iter=1000,
        random_state=seed,
    )
    spread = values.std() or 1.0  # the mixture's own priors suit values of this size
    mixture.fit(((values - values.mean()) / spread)[:, None])
    kept = mixture.weights_ > LEAST_WEIGHT
    weights = mixture.weights_[kept] / mixture.weights_[kept].sum()
    means = values.mean() + spread * mixture.means_[kept, 0]
    deviations = spread * np.sqrt(mixture.covariances_[kept, 0, 0])
    return ContinuousColumn(
        name, means.tolist(), deviations.tolist(), weights.tolist(), values.dtype.name
    )
