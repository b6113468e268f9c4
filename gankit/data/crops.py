"""Random crops."""

import numpy as np

from gankit.typing import Size


def random_crop(image: np.ndarray, crop_size: Size, numbers: np.ndarray) -> np.ndarray:
    """Returns a part of an image.

    Images that belong together go through here as one, side by side on the channel axis.

    Args:
        image: ``(height, width, channels)``, at least as large as the crop.
        crop_size: ``(height, width)`` in pixels.
        numbers: where it is, two numbers uniform on [0, 1), for the top and the left.
    """
    room = np.array(image.shape[:2]) - crop_size + 1
    top, left = (numbers * room).astype(int)
    return image[top : top + crop_size[0], left : left + crop_size[1]]
