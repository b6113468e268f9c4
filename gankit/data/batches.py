"""The batches that a backend gets: ``tf.data`` on TensorFlow, ``Batches`` on all others.

Either way they are the same batches, in the same order, and each pass over them is an epoch.
"""

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from gankit.data.ahead import ReadAhead, count_workers
from gankit.data.epochs import EpochCounter
from gankit.data.source import Order, Part, Source, summarize
from gankit.data.stored import read_from_device
from gankit.differentiation import uses_tf_data
from gankit.typing import Dataset, Structure

AUTOTUNE = -1  # of tf.data: as many calls at once as are worth it

#: Of each source below some data, the epoch that it is in.
Epochs = tuple[int, ...]


def make_dataset(source: Source) -> Dataset:
    """Returns the batches of a source, as this backend trains from them best."""
    return make_tf_dataset(source) if uses_tf_data() else Batches.of(source)


def zip_datasets(*datasets: Dataset) -> Dataset:
    """Returns tuples of the batches of several datasets, until one of them ends.

    It is ``tf.data.Dataset.zip`` on TensorFlow, and the same on other backends.

    Args:
        *datasets: as the adapters of ``gankit.data`` give them.

    Examples:
        >>> threes = data.from_arrays(digits, labels, batch_size=8, classes=[3])
        >>> eights = data.from_arrays(digits, labels, batch_size=8, classes=[8])
        >>> pairs = data.zip_datasets(threes, eights)
        >>> len(next(iter(pairs)))
        2
    """
    return type(datasets[0]).zip(*datasets)


def make_tf_dataset(source: Source) -> Dataset:
    """Returns the ``tf.data.Dataset`` of a source."""
    import tensorflow as tf

    counter = EpochCounter()

    def begin(_):
        return tf.numpy_function(lambda: np.int64(counter.begin()), [], tf.int64)

    def number(epoch):
        return tf.data.Dataset.range(source.num_batches).map(lambda index: (epoch, index))

    def read(epoch, index):
        return call_on_arrays(read_parts, [epoch, index], source.parts)

    def read_parts(epoch, index):
        batch = source.read(int(epoch), int(index))
        return batch if isinstance(batch, tuple) else (batch,)

    start = tf.data.Dataset.from_tensors(0).map(begin)
    start.epoch_counters = [counter]
    at_once = None if source.order is None else AUTOTUNE
    batches = start.flat_map(number).map(read, num_parallel_calls=at_once)
    batches = batches.apply(tf.data.experimental.assert_cardinality(source.num_batches))
    options = tf.data.Options()
    # Whoever lets go of an iterator waits for the thread that tunes it: up to half a minute (seen),
    # in which a script that has ended does not end. Fixed numbers of calls are as fast here.
    options.autotune.enabled = False
    batches = batches.prefetch(AUTOTUNE).with_options(options)
    return with_summary(batches, source.parts, source.num_batches, source.order)


def call_on_arrays(
    function: Callable[..., tuple[np.ndarray, ...]], tensors: Sequence[Any], parts: Sequence[Part]
) -> Any:
    """Returns what a function makes of the arrays in tensors of ``tf.data``, described by parts."""
    import tensorflow as tf

    shapes, types = zip(*parts, strict=True)
    made = tf.numpy_function(function, tensors, types)
    made = tuple(map(tf.ensure_shape, made, shapes))
    return made if len(made) > 1 else made[0]


def map_arrays(
    dataset: Dataset, function: Callable[..., tuple[np.ndarray, ...]], parts: Sequence[Part]
) -> Dataset:
    """Returns what a function makes of each batch's arrays, described by parts."""

    def on_tensors(*tensors):
        return call_on_arrays(function, tensors, parts)

    def on_arrays(*arrays):
        made = function(*arrays)
        return made if len(made) > 1 else made[0]

    if isinstance(dataset, Batches):
        batches = dataset.map(on_arrays)
        return with_summary(batches, parts, batches.num_batches)
    mapped = dataset.map(on_tensors, num_parallel_calls=AUTOTUNE).prefetch(AUTOTUNE)
    known = int(mapped.cardinality())
    return with_summary(mapped, parts, known if known >= 0 else None)


def with_summary(
    dataset: Dataset, parts: Sequence[Part], num_batches: int | None, order: Order | None = None
) -> Dataset:
    """Returns a dataset that says what it holds; what is made of it doesn't.

    See ``Source`` for the arguments.
    """

    def summary(self: Any) -> str:
        return summarize(parts, num_batches, order, getattr(self, "class_names", None))

    if isinstance(dataset, Batches):
        dataset.summary = functools.partial(summary, dataset)
    else:
        kind = type(dataset)  # which Python asks for __repr__, and not the dataset itself
        dataset.__class__ = type(kind.__name__, (kind,), {"__repr__": summary})
    return dataset


class Batches(keras.utils.PyDataset):
    """Batches of NumPy arrays, read ahead in threads, with the verbs that most scripts need.

    ``map``, ``take``, ``repeat``, ``zip`` and iteration do what they do in ``tf.data``. What Keras
    trains on, ``dataset[index]``, are tensors instead where a GPU holds the data.

    Args:
        read: from the epochs of the sources, the number of a batch, and whether a GPU may make it,
            to that batch.
        num_batches: how many batches a pass has; None for no end.
        epoch_counters: of the sources.
        begun: from a number of batches to how many epochs of each source they begin.
    """

    def __init__(
        self,
        read: Callable[[Epochs, int, bool], Structure],
        num_batches: int | None,
        epoch_counters: Sequence[EpochCounter],
        begun: Callable[[int], Epochs],
    ):
        super().__init__()
        self.read = read
        self.number = num_batches
        self.epoch_counters = epoch_counters
        self.begun = begun
        self.read_ahead = ReadAhead(read)
        self.summary: Callable[[], str] | None = None

    @classmethod
    def of(cls, source: Source) -> Self:
        """Returns the batches of a source."""
        read_tensors = (source.stored and read_from_device(source.stored)) or source.read

        def read(epochs: Epochs, index: int, on_gpu: bool) -> Structure:
            return (read_tensors if on_gpu else source.read)(epochs[0], index)

        def begun(count: int) -> Epochs:
            return (-(-count // source.num_batches),)

        batches = cls(read, source.num_batches, [EpochCounter()], begun)
        with_summary(batches, source.parts, source.num_batches, source.order)
        return batches

    def __repr__(self) -> str:
        """Returns what these batches hold, where they come from an adapter as they are."""
        if self.summary is None:
            return f"<{type(self).__name__}: {self.number or 'endless'} batches>"
        return self.summary()

    @property
    def num_batches(self) -> int | None:
        """How many batches a pass has, None for no end."""
        return self.number

    def __len__(self) -> int:
        """Returns how many batches a pass has."""
        if self.number is None:
            raise TypeError("These batches have no end: repeat() was called.")
        return self.number

    def __getitem__(self, index: int) -> Structure:
        """Returns a batch of the pass that the sources' epochs begin."""
        return self.get(self.epochs(), index, on_gpu=True)

    def __iter__(self) -> Iterator[Structure]:
        """Yields the batches of a pass, which moves on to the next epoch when it begins."""
        start = self.epochs()
        for index in itertools.count() if self.number is None else range(self.number):
            if self.begun(index) != self.begun(index + 1):
                self.move_to(self.after(start, index + 1))
            yield self.get(start, index, on_gpu=False)

    def on_epoch_end(self) -> None:
        """Moves on to the next epoch; Keras calls it after each pass, and within endless ones."""
        if self.number is not None:
            self.move_to(self.after(self.epochs(), self.number))

    def epochs(self) -> Epochs:
        """Returns the epoch that each source is in."""
        return tuple(counter.epoch for counter in self.epoch_counters)

    def move_to(self, epochs: Epochs) -> None:
        """Puts each source into an epoch."""
        for counter, epoch in zip(self.epoch_counters, epochs, strict=True):
            counter.epoch = epoch

    def after(self, epochs: Epochs, count: int) -> Epochs:
        """Returns the epochs that come next when so many batches of a pass have begun."""
        return tuple(map(sum, zip(epochs, self.begun(count), strict=True)))

    def get(self, epochs: Epochs, index: int, on_gpu: bool) -> Structure:
        """Returns a batch, and begins to read those that follow."""
        following = ((*place, on_gpu) for place in self.positions(epochs, index))
        return self.read_ahead(next(following), itertools.islice(following, count_workers()))

    def positions(self, epochs: Epochs, index: int) -> Iterator[tuple[Epochs, int]]:
        """Yields the place of a batch and of all that follow, also in the passes after."""
        while True:
            if self.number is not None and index >= self.number:
                epochs, index = self.after(epochs, self.number), 0
            yield epochs, index
            index += 1

    def take(self, count: int) -> Self:
        """Returns the first batches of each pass."""
        number = count if self.number is None else min(count, self.number)
        return type(self)(self.read, number, self.epoch_counters, self.begun)

    def map(
        self, function: Callable[..., Structure], num_parallel_calls: int | None = None
    ) -> Self:
        """Returns what a function makes of each batch, as arrays; of a tuple it gets all parts.

        It runs in threads; ``num_parallel_calls`` is there for the sake of scripts that pass it.
        """

        def read(epochs: Epochs, index: int, on_gpu: bool) -> Structure:
            batch = self.read(epochs, index, False)
            made = function(*batch) if isinstance(batch, tuple) else function(batch)
            return keras.tree.map_structure(ops.convert_to_numpy, made)

        return type(self)(read, self.number, self.epoch_counters, self.begun)

    def repeat(self) -> Self:
        """Returns the batches of all passes, one after another, without an end."""
        number = self.number
        if number is None:
            return self

        def read(epochs: Epochs, index: int, on_gpu: bool) -> Structure:
            passed = index // number * np.array(self.begun(number))
            return self.read(tuple((np.array(epochs) + passed).tolist()), index % number, on_gpu)

        def begun(count: int) -> Epochs:
            return tuple((-(-count // number) * np.array(self.begun(number))).tolist())

        return type(self)(read, None, self.epoch_counters, begun)

    @classmethod
    def zip(cls, *datasets: Self) -> Self:
        """Returns tuples of the batches of several, until one of them ends."""
        counts = [len(part.epoch_counters) for part in datasets]
        numbers = [part.number for part in datasets if part.number is not None]

        def read(epochs: Epochs, index: int, on_gpu: bool) -> Structure:
            left = iter(epochs)
            theirs = [tuple(itertools.islice(left, count)) for count in counts]
            parts = zip(datasets, theirs, strict=True)
            return tuple(part.read(one, index, on_gpu) for part, one in parts)

        def begun(count: int) -> Epochs:
            return tuple(itertools.chain.from_iterable(part.begun(count) for part in datasets))

        counters = [counter for part in datasets for counter in part.epoch_counters]
        return cls(read, min(numbers, default=None), counters, begun)
