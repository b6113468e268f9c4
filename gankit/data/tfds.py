"""Datasets from TensorFlow Datasets, by name."""

import itertools
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from gankit.checks import check_seed, did_you_mean
from gankit.data import checks
from gankit.data.arrays import source_of_arrays
from gankit.data.batches import make_dataset
from gankit.data.draws import ORDER, make_generator, once_an_epoch
from gankit.data.flips import make_flip
from gankit.data.images import decode, scale, to_array
from gankit.data.resizing import resize
from gankit.data.source import Order, describe, make_order, make_source
from gankit.typing import Dataset, Flip, PathLike, Size, ValueRange

BLOCK = 10_000  # images, still encoded, that are shuffled among themselves
BLOCKS_KEPT = 3  # one ends, one begins, and the first one is next

#: An encoded image, and its class if that was asked for.
Item = tuple[bytes, int | None]


def from_tfds(
    name: str,
    split: str = "train",
    *,
    batch_size: int,
    image_size: Size | None = None,
    center_crop: Size | None = None,
    flip: Flip | None = None,
    label_key: str | None = None,
    image_key: str = "image",
    classes: Collection[str | int] | None = None,
    value_range: ValueRange = (-1, 1),
    cache: bool = False,
    shuffle: bool = True,
    seed: int = 0,
    data_dir: PathLike | None = None,
    download: bool = True,
) -> Dataset:
    """Returns a dataset of batches from TensorFlow Datasets.

    Args:
        name: e.g. ``"mnist"``, ``"cifar10"``, ``"celeb_a"``.
        split: e.g. ``"train"``, ``"train[:10%]"``, ``"train+test"``.
        batch_size: images per batch. All batches have this size; leftover images at the end of an
            epoch are not used in that epoch.
        image_size: ``(height, width)`` in pixels, to which images are resized, with antialiasing,
            after cropping to the largest centred box of that aspect ratio. Required if the images
            differ in size.
        center_crop: ``(height, width)`` of a different centred box to crop to, before resizing.
        flip: ``"horizontal"`` mirrors each image, left to right, with probability 1/2. Which images
            are mirrored depends only on ``seed``, the epoch's number and the image's index. None
            leaves all unchanged.
        label_key: the feature with the class, usually ``"label"``; with it, the dataset contains
            ``(images, labels)``.
        image_key: the feature with the image.
        classes: keeps only the images of these classes, by name or number, e.g. ``["frog"]``; the
            numbers of classes don't change. The class is read from ``label_key``, by default from
            ``"label"``.
        value_range: ``(low, high)`` within [-1, 1], the values of black and white.
        cache: whether to decode all images once and keep them in memory, at
            ``height * width * channels`` bytes each.
        shuffle: whether each epoch has a new order, which depends only on ``seed`` and the epoch's
            number. Images are shuffled within blocks of 10,000 or, with ``cache``, all together.
            False keeps the order of the files.
        seed: integer.
        data_dir: the folder of prepared datasets; None for TensorFlow Datasets' default.
        download: whether to download and prepare the dataset if it is not there yet.

    Returns:
        A dataset of float32 images ``(batch_size, height, width, channels)`` in
        ``value_range``, or of pairs of them with int32 labels ``(batch_size,)``.

    Raises:
        ValueError: a name, split, feature or class that doesn't exist, images of several sizes
            without ``image_size``, a batch larger than the data, an unknown ``flip``.

    Examples:
        >>> data.from_tfds("mnist", batch_size=64, data_dir="nothing", download=False)
        Traceback (most recent call last):
            ...
        ValueError: The data set 'mnist' is not prepared in nothing/mnist/3.0.1.
    """
    check_seed(seed)
    checks.check_flip(flip)
    value_range = checks.check_value_range(value_range)
    checks.check_classes(classes)
    builder = find_builder(name, data_dir)
    if download:
        builder.download_and_prepare()
    if split not in (None, "") and not builder.info.splits:
        raise ValueError(f"The data set {name!r} is not prepared in {builder.data_dir}.")
    size = checks.check_size(image_size, "image_size")
    crop = checks.check_size(center_crop, "center_crop")
    stored_shape = check_feature(builder, image_key, "image_key").shape
    shape = find_shape(name, stored_shape, size or crop)
    open_items, num_images = open_split(builder, split, image_key, label_key, classes)
    checks.check_batch_size(batch_size, num_images)
    color_mode = "grayscale" if shape[-1] == 1 else "rgb"

    def read_item(item):
        image = decode(item[0], color_mode, size, crop)
        return to_array(resize(image, size) if size else image)

    if cache:
        items = list(open_items())
        with ThreadPoolExecutor() as pool:
            images = np.stack(list(pool.map(read_item, items)))
        labels = np.array([label for _, label in items], np.int32) if label_key else None
        return make_dataset(
            source_of_arrays(
                images, labels, batch_size, value_range, flip=flip, seed=seed, shuffle=shuffle
            )
        )
    blocks = Blocks(open_items)
    mirror = make_flip(flip, num_images, seed)

    def read(indices, epoch):
        items = [blocks.get(index // BLOCK)[index % BLOCK] for index in indices.tolist()]
        images = mirror(np.stack(list(map(read_item, items))), indices, epoch)
        images = scale(images, value_range)
        return (images, np.array([label for _, label in items], np.int32)) if label_key else images

    order = (
        make_order_in_blocks(num_images, seed) if shuffle else make_order(num_images, seed, False)
    )
    parts = describe(shape, np.empty(0, np.int32) if label_key else None)
    return make_dataset(make_source(read, order, num_images, batch_size, parts))


class Blocks:
    """Items that can only be read in order; the last few blocks of them are kept in memory.

    Args:
        open_items: returns an iterator that starts at the first item.
    """

    def __init__(self, open_items: Callable[[], Iterator[Item]]):
        self.open_items = open_items
        self.lock = threading.Lock()
        self.items: Iterator[Item] = iter(())
        self.next = 0
        self.kept: dict[int, list[Item]] = {}

    def get(self, number: int) -> list[Item]:
        """Returns a block; this is fast if it is close to the previous one."""
        with self.lock:
            while number not in self.kept:
                if not number >= self.next > 0:
                    self.items, self.next = self.open_items(), 0
                self.kept.pop(self.next, None)  # so that it counts as the newest
                self.kept[self.next] = list(itertools.islice(self.items, BLOCK))
                self.next += 1
                if len(self.kept) > BLOCKS_KEPT:
                    del self.kept[next(iter(self.kept))]
            return self.kept[number]


def make_order_in_blocks(num_images: int, seed: int) -> Order:
    """Returns the order of the images in each epoch, which is shuffled within each block."""

    @once_an_epoch
    def order(epoch: int) -> np.ndarray:
        generator = make_generator(seed, epoch, ORDER)
        blocks = np.split(np.arange(num_images), range(BLOCK, num_images, BLOCK))
        return np.concatenate([generator.permutation(block) for block in blocks])

    return order


def find_shape(
    name: str, stored_shape: tuple[int | None, ...], size: Size | None
) -> tuple[int, int, int]:
    """Returns the ``(height, width, channels)`` of the images, or raises ``ValueError``.

    Args:
        name: of the data set.
        stored_shape: of its images, None where they differ.
        size: ``(height, width)`` that was asked for, None for the stored one.
    """
    height, width, channels = *(size or stored_shape[:2]), stored_shape[-1]
    if height is None or width is None:
        raise ValueError(
            f"The images of {name!r} differ in size: {stored_shape}. Pass "
            "image_size=(height, width), to which all are resized."
        )
    if channels not in (1, 3):
        raise ValueError(f"The images of {name!r} have {channels} channels, but need 1 or 3.")
    return height, width, channels


def find_builder(name: str, data_dir: PathLike | None) -> Any:
    """Returns the builder of a dataset; the error for an unknown name suggests similar ones."""
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImportError(
            "from_tfds needs TensorFlow Datasets, on any backend: pip install tensorflow "
            "tensorflow-datasets."
        ) from error
    try:
        return tfds.builder(name, data_dir=data_dir)
    except tfds.core.registered.DatasetNotFoundError as error:
        hint = did_you_mean(name, tfds.list_builders()) or " See tfds.list_builders()."
        raise ValueError(f"TensorFlow Datasets knows no data set {name!r}.{hint}") from error


def check_feature(builder: Any, key: str, argument: str) -> Any:
    """Returns the image feature ``key``, or says which features there are."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    if key not in features:
        raise ValueError(
            f"{argument}={key!r}: {builder.name!r} has no such feature, but {sorted(features)}."
        )
    if argument == "image_key" and not isinstance(features[key], tfds.features.Image):
        raise ValueError(f"{argument}={key!r} is no image in {builder.name!r}: {features[key]}.")
    if argument == "label_key" and not isinstance(features[key], tfds.features.ClassLabel):
        raise ValueError(f"{argument}={key!r} is no class in {builder.name!r}: {features[key]}.")
    return features[key]


def open_split(
    builder: Any,
    split: str,
    image_key: str,
    label_key: str | None,
    classes: Collection[str | int] | None,
) -> tuple[Callable[[], Iterator[Item]], int]:
    """Returns a function that reads a split's items in the files' order, and their number."""
    filter_key = label_key or "label"
    keys = {image_key} | ({filter_key} if label_key or classes is not None else set())
    for key in keys - {image_key}:
        check_feature(builder, key, "label_key")
    if split not in builder.info.splits and str(split).isidentifier():
        raise ValueError(
            f"split={split!r}: {builder.name!r} has the splits {sorted(builder.info.splits)}."
        )
    kept = None if classes is None else class_numbers(builder, filter_key, classes)

    def open_items() -> Iterator[Item]:
        for item in read_split(builder, split, keys, image_key):
            label = int(item[filter_key]) if filter_key in keys else None
            if kept is None or label in kept:
                yield item[image_key], label

    if kept is None:
        return open_items, builder.info.splits[split].num_examples
    return open_items, sum(1 for _ in open_items())


def read_split(builder: Any, split: str, keys: set[str], image_key: str) -> Iterable[Any]:
    """Returns the items of a split with some of their features, images still encoded."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    options = tf.data.Options()
    # A reader that waits for these items may block a thread of the shared pool.
    options.threading.private_threadpool_size = 2
    dataset = builder.as_dataset(
        split=split,
        shuffle_files=False,
        decoders=tfds.decode.PartialDecoding(keys, {image_key: tfds.decode.SkipDecoding()}),
        read_config=tfds.ReadConfig(
            options=options, interleave_cycle_length=1, try_autocache=False
        ),
    )
    return tfds.as_numpy(dataset)


def class_numbers(builder: Any, key: str, classes: Collection[str | int]) -> list[int]:
    """Returns the numbers of classes that are given by name or by number."""
    feature = builder.info.features[key]
    names = list(getattr(feature, "names", []) or [])
    numbers = []
    for name in classes:
        number = names.index(name) if name in names else name
        if not isinstance(number, int | np.integer) or not 0 <= number < feature.num_classes:
            raise ValueError(
                f"classes: {builder.name!r} has no class {name!r}, it has "
                f"{names or feature.num_classes}."
            )
        numbers.append(int(number))
    return numbers
