"""The GAN behind the page of ``gankit explore``."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike
from PIL import Image

from gankit import latents
from gankit.differentiation import compile_function
from gankit.gans import GAN
from gankit.grids import make_grid, on_checkerboard, to_uint8

MOST = 64  # images at once
FRAMES = 24  # of a film there and back


class Studio:
    """A generator that answers quickly: one graph, and pictures of its latents.

    Args:
        gan: whose averaged generator draws.

    Raises:
        ValueError: it takes no latents, or a condition other than a class.
    """

    def __init__(self, gan: GAN):
        if gan.latent_dim is None:
            raise ValueError("This GAN has no latents to explore: it turns images into images.")
        self.gan = gan
        self.latent_dim = gan.latent_dim
        self.num_classes = find_num_classes(gan)
        generator = gan.averaged(gan.generator)
        told = self.num_classes is not None
        self.draw = compile_function(
            lambda rows, classes: generator([rows, classes] if told else rows, training=False)
        )

    def describe(self) -> dict[str, Any]:
        """Returns what the page has to know: sizes, classes, directions."""
        height, width = self.gan.generator.output_shape[1:3]
        try:
            number = min(8, self.latent_dim)
            directions = latents.find_directions(self.gan, number).tolist()
        except ValueError:
            directions = []
        return {
            "latent_dim": self.latent_dim,
            "num_classes": self.num_classes,
            "height": height,
            "width": width,
            "directions": directions,
        }

    def sample(self, number: int, seed: int) -> list[list[float]]:
        """Returns new latents."""
        rows = self.gan.latent_prior.sample((number, self.latent_dim), seed=seed)
        return np.asarray(ops.convert_to_numpy(rows), np.float32).tolist()

    def images(self, rows: ArrayLike, label: int) -> np.ndarray:
        """Returns the images of latents, uint8 ``(n, height, width, 1 or 3)``.

        Raises:
            ValueError: latents or a class that don't fit.
        """
        array = np.asarray(rows, np.float32)
        if array.ndim != 2 or array.shape[1] != self.latent_dim or not 0 < len(array) <= MOST:
            raise ValueError(f"latents must be 1 to {MOST} rows of {self.latent_dim} numbers.")
        if not np.isfinite(array).all():
            raise ValueError("latents must be finite.")
        if not 0 <= label < (self.num_classes or 1):
            raise ValueError(f"There is no class {label}.")
        classes = ops.convert_to_tensor(np.full(len(array), label, np.int32))
        made = ops.convert_to_numpy(self.draw(ops.convert_to_tensor(array), classes))
        return on_checkerboard(to_uint8(made.astype(np.float32), self.gan.value_range or (-1, 1)))

    def picture(self, rows: ArrayLike, label: int, scale: int | None = None) -> bytes:
        """Returns a PNG of the images, one below the other."""
        images = self.images(rows, label)
        return encode([make_grid(images, columns=1, padding=0, scale=scale)], "PNG")

    def film(self, start: ArrayLike, end: ArrayLike, label: int) -> bytes:
        """Returns a GIF from one row of latents to another, and back."""
        way = latents.interpolate(start, end, FRAMES)
        there = self.images(way, label)
        frames = [make_grid(image[None], scale="auto") for image in [*there, *there[-2:0:-1]]]
        return encode(frames, "GIF")


def find_num_classes(gan: GAN) -> int | None:
    """Returns how many classes the generator knows, None if it takes none."""
    taken = gan.generator_inputs.of("condition")
    if not taken:
        return None
    if len(taken) > 1 or taken[0].num_classes is None:
        raise ValueError("The page can set a class, and this generator takes another condition.")
    return taken[0].num_classes


def encode(frames: Sequence[np.ndarray], kind: str) -> bytes:
    """Returns a picture, or a film of several, as the bytes of a file."""
    planes = [frame[..., 0] if frame.shape[-1] == 1 else frame for frame in frames]
    pictures = [Image.fromarray(plane) for plane in planes]
    file = io.BytesIO()
    options: dict[str, Any] = {}
    if len(pictures) > 1:
        options = {"save_all": True, "append_images": pictures[1:], "duration": 60, "loop": 0}
    pictures[0].save(file, kind, **options)
    return file.getvalue()
