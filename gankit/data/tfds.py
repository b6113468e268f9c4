"""Data sets of TensorFlow Datasets, by name."""

from collections.abc import Collection
from typing import Any

import numpy as np

from gankit.checks import check_seed, did_you_mean
from gankit.data import checks
from gankit.data.arrays import batches_of_arrays
from gankit.data.epochs import epochs, shuffled
from gankit.data.flips import make_flip
from gankit.data.images import decode, resize, round_to_uint8, scale
from gankit.data.lazy import tf
from gankit.typing import Dataset, Flip, PathLike, Size, ValueRange

SHUFFLE_BUFFER = 10_000  # images, still encoded


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
    """Returns a dataset of batches from a data set of TensorFlow Datasets.

    Args:
        name: e.g. ``"mnist"``, ``"cifar10"``, ``"celeb_a"``.
        split: e.g. ``"train"``, ``"train[:10%]"``, ``"train+test"``.
        batch_size: images a batch. All batches have this size; what is left over at the end of an
            epoch is not used in that epoch.
        image_size: ``(height, width)`` in pixels to resize to, with antialiasing. The largest
            centred box of that aspect ratio is kept. Needed where the images differ in size.
        center_crop: ``(height, width)`` of another centred box to keep, before resizing.
        flip: ``"horizontal"`` mirrors each image, left to right, with probability 1/2. Which ones
            is a function of ``seed``, the epoch's number and the image's index alone. None leaves
            all as they are.
        label_key: the feature that holds the class, usually ``"label"``; with it the dataset holds
            ``(images, labels)``.
        image_key: the feature that holds the image.
        classes: keeps only the images of these classes, by name or number, e.g. ``["frog"]``; the
            numbers stay as they are. Looks at ``label_key``, or at ``"label"``.
        value_range: ``(low, high)`` within [-1, 1]: where black and white go.
        cache: whether to decode all images once and keep them in memory, at
            ``height * width * channels`` bytes each.
        shuffle: whether each epoch has a new order, a function of ``seed`` and the epoch's number
            alone: a sliding window of 10,000 encoded images, or a full shuffle with ``cache``.
            False keeps the order of the files.
        seed: integer.
        data_dir: where prepared data sets are; None for TensorFlow Datasets' own place.
        download: whether to download and prepare the data set where it is not there yet.

    Returns:
        A ``tf.data.Dataset`` of float32 images ``(batch_size, height, width, channels)`` in
        ``value_range``, or of pairs of them with int32 labels ``(batch_size,)``.

    Raises:
        ValueError: a name, split, feature or class that is not there, images of several sizes
            without ``image_size``, a batch larger than the data, another ``flip``.
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
    encoded, num_images = open_split(builder, split, image_key, label_key, classes)
    checks.check_batch_size(batch_size, num_images)
    color_mode = "grayscale" if shape[-1] == 1 else "rgb"

    def read(content):
        pixels = tf.numpy_function(
            lambda content: decode(content, color_mode, size, crop), [content], tf.uint8
        )
        pixels = tf.ensure_shape(pixels, (None, None, shape[-1]))
        return tf.ensure_shape(round_to_uint8(resize(pixels, size)) if size else pixels, shape)

    if cache:
        decoded = encoded.map(
            lambda content, *labels: (read(content), *labels), num_parallel_calls=tf.data.AUTOTUNE
        )
        images, *labels = map(np.stack, zip(*decoded.as_numpy_iterator(), strict=True))
        return batches_of_arrays(
            images,
            labels[0] if labels else None,
            batch_size,
            value_range,
            flip=flip,
            seed=seed,
            shuffle=shuffle,
        )

    def one_epoch(epoch):
        mirror = make_flip(flip, num_images, seed, epoch)

        def read_batch(indices, item):
            contents, *labels = item if isinstance(item, tuple) else (item,)
            images = tf.map_fn(read, contents, fn_output_signature=tf.uint8)
            images = scale(mirror(images, indices), value_range)
            return (images, *labels) if labels else images

        numbered = encoded.enumerate()
        order = shuffled(numbered, SHUFFLE_BUFFER, seed, epoch) if shuffle else numbered
        order = order.batch(batch_size, drop_remainder=True)
        return order.map(read_batch, num_parallel_calls=tf.data.AUTOTUNE)

    return epochs(one_epoch, num_images // batch_size).prefetch(tf.data.AUTOTUNE)


def find_shape(
    name: str, stored_shape: tuple[int | None, ...], size: Size | None
) -> tuple[int, int, int]:
    """Returns the ``(height, width, channels)`` that images get, or says what they lack.

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
        raise ValueError(f"The images of {name!r} have {channels} channels, only 1 or 3 will do.")
    return height, width, channels


def find_builder(name: str, data_dir: PathLike | None) -> Any:
    """Returns the builder of a data set, or says which names are near."""
    import tensorflow_datasets as tfds

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
            f"{argument}={key!r}: {builder.name!r} has no such feature, it has {sorted(features)}."
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
) -> tuple[Dataset, int]:
    """Returns a dataset of encoded images (with labels), in the files' order, and their number."""
    import tensorflow_datasets as tfds

    filter_key = label_key or "label"
    for key in (label_key, filter_key if classes else None):
        if key:
            check_feature(builder, key, "label_key")
    if split not in builder.info.splits and str(split).isidentifier():
        raise ValueError(
            f"split={split!r}: {builder.name!r} has the splits {sorted(builder.info.splits)}."
        )
    num_images = builder.info.splits[split].num_examples
    dataset = builder.as_dataset(
        split=split,
        shuffle_files=False,
        decoders={image_key: tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
    )
    if classes is not None:
        numbers = tf.constant(class_numbers(builder, filter_key, classes), tf.int64)
        dataset = dataset.filter(lambda item: tf.reduce_any(tf.equal(item[filter_key], numbers)))
        num_images = int(dataset.reduce(0, lambda count, _: count + 1))
    if label_key:
        dataset = dataset.map(lambda item: (item[image_key], tf.cast(item[label_key], tf.int32)))
    else:
        dataset = dataset.map(lambda item: item[image_key])
    return dataset, num_images


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
