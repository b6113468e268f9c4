"""Which image shapes an architecture can serve."""


def check_image_shape(image_shape) -> tuple[int, int, int]:
    """Returns ``(height, width, channels)``, or says what is wrong with it."""
    shape = tuple(image_shape)
    if len(shape) != 3 or not all(isinstance(size, int) and size > 0 for size in shape):
        raise ValueError(
            "image_shape must be (height, width, channels) of positive integers, e.g. "
            f"(28, 28, 1), got {image_shape!r}."
        )
    return shape


def count_halvings(image_shape, smallest: int) -> int:
    """Returns how often height and width can be halved until the next half is too small.

    Args:
        image_shape: ``(height, width, channels)``.
        smallest: the least height and width, in pixels, that may be reached.

    Raises:
        ValueError: not even once; says which near sizes can.
    """
    height, width, _ = check_image_shape(image_shape)
    halvings = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 2 * smallest:
        height, width, halvings = height // 2, width // 2, halvings + 1
    if not halvings:
        raise ValueError(
            f"image_shape={tuple(image_shape)} can't be halved: height and width must be even and "
            f"at least {2 * smallest}. Resize to multiples of 8 or 16, e.g. by image_size=... of "
            "the adapters of gankit.data."
        )
    return halvings
