"""What is damaged: a small file of each kind, and how gankit reads it."""

import gzip
import io
import warnings
from pathlib import Path

import keras
import numpy as np
from helpers import make_dataset, make_gan, make_plain_networks, write_idx
from PIL import Image

import gankit
from gankit import data
from gankit.callbacks import Checkpoint
from gankit.data.images import find_damage
from gankit.data.opening import FORMATS
from gankit.data.reader import Reader
from gankit.metrics.extractors import digits
from gankit.metrics.features import Features, read_features, write_features

ORIENTATION = 0x0112
MORE_PICTURES = {
    "progressive JPEG": {"format": "JPEG", "progressive": True},
    "CMYK JPEG": {"format": "JPEG", "mode": "CMYK"},
    "palette PNG": {"format": "PNG", "mode": "P", "transparency": 3},
    "grey PNG of 16 bits": {"format": "PNG", "mode": "I;16"},
    "animated GIF": {"format": "GIF", "mode": "P", "animated": True},
    "animated WEBP": {"format": "WEBP", "animated": True},
    "packed TIFF": {"format": "TIFF", "compression": "tiff_lzw"},
    "TIFF by libtiff": {"format": "TIFF", "compression": "jpeg"},
}


class Picture:
    """Pictures of one format."""

    def __init__(self, folder, format, mode="RGB", animated=False, **options):
        self.path = folder / "picture.png"  # whatever it is: the content says so
        gradient = Image.linear_gradient("L").resize((40, 32))
        picture = Image.merge("RGB", [gradient, gradient.rotate(180), gradient])
        if mode == "I;16":
            picture = Image.fromarray(np.asarray(gradient).astype("uint16") * 257)
        exif = Image.Exif()
        exif[ORIENTATION] = 6
        options |= {"exif": exif} if format in ("JPEG", "PNG", "WEBP", "AVIF") else {}
        options |= {"save_all": True, "append_images": [picture.rotate(90)]} if animated else {}
        stream = io.BytesIO()
        (picture if mode == "I;16" else picture.convert(mode)).save(stream, format, **options)
        self.content = stream.getvalue()

    def read(self):
        find_damage(str(self.path), (8, 8))
        images, _ = Reader([str(self.path)], "rgb", (8, 8), None, "raise").read(np.array([0]))
        assert images.shape == (1, 8, 8, 3)


class Model:
    """A GAN's file."""

    def __init__(self, folder):
        self.path = folder / "gan.keras"
        make_gan(make_plain_networks).save(self.path)
        self.content = self.path.read_bytes()

    def read(self):
        assert isinstance(gankit.load(self.path), gankit.GAN)
        keras.backend.clear_session()


class State:
    """A checkpoint, beside it the GAN that takes it."""

    def __init__(self, folder):
        self.folder = folder / "checkpoint.run"
        self.gan = make_gan(make_plain_networks)
        checkpoint = Checkpoint(self.folder)
        self.gan.fit(make_dataset(), verbose=0, callbacks=[checkpoint])
        self.path = checkpoint.written
        self.content = self.path.read_bytes()

    def read(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, position = Checkpoint(self.folder).restore(self.gan)
        self.gan.position.restore(position)


class Digits:
    """MNIST's files, of which the images are damaged."""

    def __init__(self, folder, compressed):
        folder /= "compressed" if compressed else "plain"
        folder.mkdir()
        images, labels = data.sample_digits()
        write_idx(folder / "train-labels-idx1-ubyte", labels[:9].astype("uint8"))
        self.path = folder / "train-images-idx3-ubyte"
        write_idx(self.path, images[:9, ..., 0])
        self.content = self.path.read_bytes()
        if compressed:
            self.path.unlink()
            self.path = self.path.with_suffix(".gz")
            self.content = gzip.compress(self.content, mtime=0)

    def read(self):
        images, _ = data.load_mnist(self.path.parent)
        assert images.shape == (9, 28, 28, 1)


class Measured:
    """Features of real images, which metrics keep in a file."""

    def __init__(self, folder):
        self.path = folder / "features.npz"
        self.extractor = digits()
        features = Features(np.ones((9, 4), "float32"), np.full((9, 2), 0.5, "float32"))
        write_features(self.path, self.extractor, features)
        self.content = self.path.read_bytes()

    def read(self):
        assert len(read_features(self.path, self.extractor, 9).values) == 9


def make_kinds(folder: Path):
    """Returns all kinds by name, pictures first."""
    pictures = {name: {"format": name} for name in FORMATS} | MORE_PICTURES
    kinds = {name: Picture(folder, **options) for name, options in pictures.items()}
    return kinds | {
        ".keras": Model(folder),
        "checkpoint": State(folder),
        "idx": Digits(folder, compressed=False),
        "idx.gz": Digits(folder, compressed=True),
        "npz": Measured(folder),
    }
