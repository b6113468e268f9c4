"""A list of image files, read by index within ``tf.data``."""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gankit.data.images import (
    CHANNELS,
    DAMAGE,
    ImageFile,
    decode,
    decode_jpeg,
    find_box,
    find_reduction,
    resize,
    round_to_uint8,
)
from gankit.data.lazy import tf
from gankit.typing import ColorMode, Dataset, OnError, Size, Tensor

BY_PILLOW = 0  # stands for the reduction of a file that TensorFlow does not decode


class Reader:
    """Reads images by their index in a list of files.

    With ``columns=2`` each file shows two images side by side, each of which becomes
    ``image_size``; they are put together on the channel axis.
    """

    def __init__(
        self,
        files: list[ImageFile],
        color_mode: ColorMode,
        image_size: Size | None,
        center_crop: Size | None,
        on_error: OnError,
        columns: int = 1,
    ):
        self.paths = [file.path for file in files]
        self.color_mode = color_mode
        self.columns = columns
        self.image_size: Any = image_size  # None is for decode_by_pillow alone, which keeps sizes
        self.file_size = image_size and (image_size[0], columns * image_size[1])
        self.center_crop = center_crop
        self.on_error = on_error
        self.damaged: dict[str, str] = {}
        if not files:
            raise ValueError("There is no image that can be read.")
        reductions, starts, shapes = zip(*map(self.plan, files), strict=True)
        self.reductions, positions = np.unique(reductions, return_inverse=True)
        with tf.device("CPU:0"):
            self.path_tensor = tf.constant(self.paths)
            self.position_tensor = tf.constant(positions, tf.int32)  # in self.reductions
            self.start_tensor, self.shape_tensor = tf.constant(starts), tf.constant(shapes)

    def plan(self, file: ImageFile) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        """Returns at which part of its size a JPEG is decoded, and what of it is kept.

        That is where a box begins, and its shape, both with the channels. ``BY_PILLOW`` and zeros
        for a file that Pillow decodes, which finds them by itself.
        """
        if not file.plain_jpeg:
            return BY_PILLOW, (0, 0, 0), (0, 0, 0)
        reduction = find_reduction(file.size, self.file_size, self.center_crop)
        reduced = [-(-side // reduction) for side in file.size]  # rounded up, as JPEGs are
        top, left, *box = find_box(reduced, self.file_size, self.center_crop)
        return reduction, (top, left, 0), (*box, CHANNELS[self.color_mode])

    def read(self, indices: Tensor) -> Dataset:
        """Returns a dataset of one element, the batch of images with these indices.

        They are uint8 ``(n, height, width, columns * channels)``, and beside them are their int64
        indices: the given ones, unless some image can't be read and another takes its place.
        """
        indices = tf.data.Dataset.from_tensors(indices)
        quick = indices.map(partial(self.read_batch, self.decode_quickly))
        # What fails in TensorFlow does not say in which file. Pillow reads the batch once more.
        careful = indices.map(partial(self.read_batch, self.decode_by_pillow))
        return quick.ignore_errors().concatenate(careful).take(1)

    def read_batch(
        self, decode_one: Callable[[Tensor], tuple[Tensor, Tensor]], indices: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Returns the images with these indices, and the indices of those that were read."""
        shape = (*self.image_size, self.columns * CHANNELS[self.color_mode])

        def read_one(index):
            pixels, used = decode_one(index)
            width = tf.shape(pixels)[1] // self.columns
            parts = [pixels[:, n * width : (n + 1) * width] for n in range(self.columns)]
            pixels = tf.concat(parts, axis=-1)
            return tf.ensure_shape(resize(pixels, self.image_size), shape), used

        signature = (tf.float32, tf.int64)
        images, used = tf.map_fn(read_one, indices, fn_output_signature=signature)
        return round_to_uint8(images), used

    def decode_quickly(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the pixels of a file, whichever way serves it, and its index."""
        decoders = [
            partial(self.decode_by_pillow, index)
            if reduction == BY_PILLOW
            else partial(self.decode_in_graph, index, reduction)
            for reduction in self.reductions
        ]
        if len(decoders) == 1:  # often all files of a folder are alike
            return decoders[0]()
        return tf.switch_case(self.position_tensor[index], decoders)

    def decode_in_graph(self, index: Tensor, reduction: int) -> tuple[Tensor, Tensor]:
        """Returns the pixels of a plain JPEG, and its index."""
        tensors = (self.path_tensor, self.start_tensor, self.shape_tensor)
        path, start, shape = (tensor[index] for tensor in tensors)
        return decode_jpeg(path, start, shape, self.color_mode, int(reduction)), index

    def decode_by_pillow(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the pixels of any file, and its index, or those of the next that can be read."""
        pixels, used = tf.numpy_function(self.decode_or_next, [index], (tf.uint8, tf.int64))
        channels = CHANNELS[self.color_mode]
        return tf.ensure_shape(pixels, (None, None, channels)), tf.ensure_shape(used, ())

    def decode_or_next(self, index: int) -> tuple[np.ndarray, np.int64]:
        """Returns one image's pixels; if it can't be read, raises, or returns the next that can."""
        for offset in range(len(self.paths)):
            place = (index + offset) % len(self.paths)
            path = self.paths[place]
            try:
                pixels = decode(path, self.color_mode, self.file_size, self.center_crop)
                return pixels, np.int64(place)
            except DAMAGE as error:
                if self.on_error == "raise":
                    raise ValueError(
                        f"{path} can't be read: {error}. Remove it, or pass on_error='skip'."
                    ) from error
                self.report(path, error)
        raise ValueError(f"None of the {len(self.paths)} images can be read any more.")

    def report(self, path: str, error: Exception) -> None:
        """Warns of a damaged file, once."""
        if path not in self.damaged:
            self.damaged[path] = str(error)
            warnings.warn(
                f"{path} can't be read: {error}. The next image that can be read takes its place "
                f"({len(self.damaged)} of {len(self.paths)} so far).",
                stacklevel=2,
            )
