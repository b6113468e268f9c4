"""Adapters from images as people have them to what a GAN trains on.

Each adapter gives a shuffled, batched, prefetched ``tf.data.Dataset`` of float32 images
``(batch, height, width, channels)`` in [-1, 1], or of ``(images, labels)``.
"""

from gankit.data.arrays import from_arrays
from gankit.data.digits import sample_digits
from gankit.data.directory import from_directory
from gankit.data.tfds import from_tfds

__all__ = ["from_arrays", "from_directory", "from_tfds", "sample_digits"]
