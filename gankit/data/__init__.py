"""Adapters: arrays, folders, archives and data sets as batches for training.

Each adapter, ``from_...``, gives a dataset: shuffled batches of float32 images ``(batch, height,
width, channels)`` in [-1, 1], or pairs ``(images, condition)``, read ahead. On TensorFlow that is a
``tf.data.Dataset``. On JAX and PyTorch it is a ``gankit.data.batches.Batches``, which gives NumPy
arrays, the same ones in the same order, and which has ``map``, ``take`` and ``repeat``, too.
"""

from gankit.data.arrays import from_arrays
from gankit.data.batches import zip_datasets
from gankit.data.celeba import from_celeba
from gankit.data.dataset import from_dataset
from gankit.data.digits import sample_digits
from gankit.data.directory import from_directory
from gankit.data.high_resolution import from_high_resolution
from gankit.data.mnist import load_mnist
from gankit.data.moving_digits import moving_digits
from gankit.data.pairs import from_pairs
from gankit.data.resizing import resize_bicubic
from gankit.data.shards import from_shards
from gankit.data.signals import from_signals
from gankit.data.stacked_digits import stack_digits
from gankit.data.table_rows import from_table
from gankit.data.table_transformer import ContinuousColumn, DiscreteColumn, TableTransformer
from gankit.data.tables import read_labels
from gankit.data.tfds import from_tfds
from gankit.data.voxels import from_voxels

__all__ = [
    "ContinuousColumn",
    "DiscreteColumn",
    "TableTransformer",
    "from_arrays",
    "from_celeba",
    "from_dataset",
    "from_directory",
    "from_high_resolution",
    "from_pairs",
    "from_shards",
    "from_signals",
    "from_table",
    "from_tfds",
    "from_voxels",
    "load_mnist",
    "moving_digits",
    "read_labels",
    "resize_bicubic",
    "sample_digits",
    "stack_digits",
    "zip_datasets",
]
