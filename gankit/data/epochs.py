"""The order of the images: a function of (seed, epoch, index), whatever process asks for it.

``tf.data``'s own ``shuffle(seed=...)`` counts epochs inside the iterator, so that a run taken up in
another process would see the first epochs' orders again. Here the epoch is a number that stands
outside of the iterator: each new pass over the data moves it on by one, and ``set_epoch`` sets it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from gankit.data.lazy import tf
from gankit.typing import Dataset, Tensor


def epochs(one_epoch: Callable[[Tensor], Dataset], num_batches: int) -> Dataset:
    """Returns a dataset whose n-th pass is ``one_epoch(n)``.

    Args:
        one_epoch: takes the epoch, an int64 scalar tensor, and returns the batches of that epoch.
        num_batches: how many batches each epoch has.
    """
    # On the CPU and outside of any distribution strategy, for that is where tf.data runs.
    with tf.device("CPU:0"), tf.init_scope():
        counter = tf.Variable(0, dtype=tf.int64, trainable=False, name="epoch")
    start = tf.data.Dataset.from_tensors(0).map(lambda _: counter.assign_add(1) - 1)
    start.epoch_counter = counter
    dataset = start.flat_map(one_epoch)
    return dataset.apply(tf.data.experimental.assert_cardinality(num_batches))


def shuffled(dataset: Dataset, buffer_size: int, seed: int, epoch: Tensor) -> Dataset:
    """Returns ``dataset`` in an order that depends on ``(seed, epoch)`` only.

    Has to be called inside of ``one_epoch``: there, TensorFlow's global seed, which ``tf.data``
    mixes into each seed that it is given, can be set for this pipeline alone.
    """
    # TensorFlow takes it modulo 2^31 - 1, and a 0 would make it look into the epoch, a tensor.
    tf.random.set_seed(seed % (2**31 - 2) + 1)
    return dataset.shuffle(buffer_size, seed=epoch, reshuffle_each_iteration=False)


def batches(
    take: Callable[[Dataset, Tensor], Dataset],
    num_images: int,
    batch_size: int,
    **order: Any,
) -> Dataset:
    """Returns a dataset of what ``take`` makes of the indices of each batch, epoch after epoch.

    Args:
        take: takes a dataset of int64 vectors of ``batch_size`` indices, one for each batch, and
            the epoch, an int64 scalar tensor, and returns a dataset of the batches.
        num_images: how many there are.
        batch_size: images a batch.
        **order: of ``index_batches``.
    """

    def one_epoch(epoch):
        return take(index_batches(num_images, batch_size, epoch, **order), epoch)

    return epochs(one_epoch, num_images // batch_size).prefetch(tf.data.AUTOTUNE)


def index_batches(
    num_images: int,
    batch_size: int,
    epoch: Tensor,
    *,
    shuffle: bool,
    seed: int,
    replacement: bool = False,
) -> Dataset:
    """Returns a dataset of int64 vectors: which images form each batch of this epoch.

    Args:
        num_images: how many there are.
        batch_size: length of a vector.
        epoch: int64 scalar tensor.
        shuffle: whether each epoch has an order of its own.
        seed: integer.
        replacement: whether each index is drawn from all; an epoch has as many batches as without.
    """
    if replacement:
        num_batches = num_images // batch_size
        batches = tf.data.Dataset.range(epoch * num_batches, (epoch + 1) * num_batches)
        return batches.map(
            lambda batch: tf.random.stateless_uniform(
                (batch_size,), (seed, batch), maxval=num_images, dtype=tf.int64
            )
        )
    indices = tf.data.Dataset.range(num_images)
    if shuffle:
        indices = shuffled(indices, num_images, seed, epoch)
    return indices.batch(batch_size, drop_remainder=True)


def draw(shape: tuple[int, ...], seed: int, epoch: Tensor, index: Tensor) -> Tensor:
    """Returns float32 numbers uniform on [0, 1), a function of ``(seed, epoch, index)`` only.

    Args:
        shape: of what is returned.
        seed: integer.
        epoch: int64 scalar tensor.
        index: int64 scalar tensor: which image of the data it is.
    """
    key = tf.random.fold_in(tf.random.fold_in(tf.constant([seed, 0]), epoch), index)
    return tf.random.stateless_uniform(shape, key)


def get_epochs(dataset: Any) -> list[int]:
    """Returns the epochs of the next pass over each of gankit's datasets below ``dataset``."""
    return [int(source.epoch_counter.numpy()) for source in _sources(dataset)]


def set_epochs(dataset: Any, epochs: list[int]) -> None:
    """Takes back what passes over the same data have changed since ``get_epochs``."""
    for source, epoch in zip(_sources(dataset), epochs, strict=True):
        source.epoch_counter.assign(epoch)


def set_epoch(dataset: Any, epoch: int) -> None:
    """Makes the next pass over ``dataset`` that of ``epoch``.

    Finds gankit's datasets below any of ``tf.data``'s transformations (``map``, ``take``, ``zip``,
    ...). On other data it does nothing.
    """
    for source in _sources(dataset):
        source.epoch_counter.assign(epoch)


def _sources(dataset: Any) -> Iterator[Any]:
    if hasattr(dataset, "epoch_counter"):
        yield dataset
    parents = dataset._inputs() if hasattr(dataset, "element_spec") else []  # of a tf.data.Dataset
    for parent in parents:
        yield from _sources(parent)
